package ui

import (
	"cmp"
	"slices"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

// processList is the view of the processes.
type processList = list[conn.Group, conn.GroupKey]

func newProcessList(t *theme.Theme) *processList {
	return newList(t, groupColumns(), func(g *conn.Group) conn.GroupKey { return g.Key }, "connections", true,
		"no process has a connection")
}

func groupColumns() []listColumn[conn.Group] {
	state := func(key, title string, priority int, states ...conn.State) listColumn[conn.Group] {
		return stateColumn(key, title, priority, func(g *conn.Group) *[conn.MaxState + 1]int { return &g.ByState }, states...)
	}
	return []listColumn[conn.Group]{
		severityColumn(func(g *conn.Group) theme.Role { return severityRole(g.WorstSeverity) }),
		{
			table.Column{Key: "process", Title: "PROCESS", Min: 10, Ideal: 20, Max: 40, Flex: 1, Priority: 0, KeepAfter: '/'},
			func(g *conn.Group) (string, theme.Role) {
				if g.Key.PID == 0 {
					return g.Title, theme.Muted
				}
				return conn.Printable(g.Title), theme.Text
			},
			func(a, b *conn.Group) int { return cmp.Compare(a.Title, b.Title) },
			nil,
		},
		countColumn("connections", "CONNS", 1, theme.Text, func(g *conn.Group) int { return len(g.Members) }),
		state("established", "ESTAB", 3, conn.StateEstablished),
		state("listen", "LISTEN", 8, conn.StateListen),
		state("opening", "OPENING", 9, conn.StateSynSent, conn.StateSynRecv),
		state("close-wait", "CLOSE-W", 5, conn.StateCloseWait),
		state("closing", "CLOSING", 10, conn.StateFinWait1, conn.StateFinWait2, conn.StateClosing, conn.StateLastAck, conn.StateClose, conn.StateTimeWait),
		countColumn("unguarded", "UNGUARDED", 4, theme.Warning, func(g *conn.Group) int { return g.Coverage.Unguarded }),
		{
			table.Column{Key: "guarded", Title: "GUARDED", Min: 8, Ideal: 8, Priority: 2, Align: table.Right},
			func(g *conn.Group) (string, theme.Role) {
				share, ok := g.Coverage.GuardedPercent()
				if !ok {
					return absent, theme.Faint
				}
				return conn.Percent(share), theme.Text
			},
			func(a, b *conn.Group) int { return cmp.Compare(guarded(a), guarded(b)) },
			func(g *conn.Group) bool { _, ok := g.Coverage.GuardedPercent(); return ok },
		},
		{
			table.Column{Key: "silence", Title: "WORST SILENCE", Min: 14, Ideal: 14, Priority: 6, Align: table.Right},
			func(g *conn.Group) (string, theme.Role) {
				return spanOr(g.WorstSilence, g.SilenceKnown, absent), theme.Text
			},
			func(a, b *conn.Group) int { return cmp.Compare(a.WorstSilence, b.WorstSilence) },
			func(g *conn.Group) bool { return g.SilenceKnown },
		},
	}
}

func guarded(g *conn.Group) float64 {
	share, _ := g.Coverage.GuardedPercent()
	return share
}

// groupProcesses groups the rows by process, in the order that q asks for.
func groupProcesses(grouper *conn.Grouper, s *conn.Snapshot, rows []int32, q *question) []conn.Group {
	groups := grouper.Group(s, rows, conn.ByProcess)
	slices.SortFunc(groups, func(a, b conn.Group) int { return cmp.Compare(a.Key.PID, b.Key.PID) })
	q.processes.sort(groups)
	return groups
}
