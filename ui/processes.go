package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

// groupColumn is one column of the list of processes.
type groupColumn struct {
	table.Column
	content func(g *conn.Group) (string, theme.Role)
	compare func(a, b *conn.Group) int
	known   func(g *conn.Group) bool // nil: always; what is not known comes last both ways
}

// groupOrder is the column that the processes are sorted by, and how.
type groupOrder struct {
	key        string
	descending bool
}

func defaultGroupOrder() groupOrder { return groupOrder{key: "connections", descending: true} }

func groupColumns() []groupColumn {
	count := func(key, title string, priority int, role theme.Role, of func(*conn.Group) int) groupColumn {
		return groupColumn{
			table.Column{Key: key, Title: title, Min: len(title) + 1, Ideal: len(title) + 1, Priority: priority, Align: table.Right},
			func(g *conn.Group) (string, theme.Role) { return number(of(g), role) },
			func(a, b *conn.Group) int { return cmp.Compare(of(a), of(b)) },
			nil,
		}
	}
	state := func(key, title string, priority int, states ...conn.State) groupColumn {
		return count(key, title, priority, stateRole(states[0]), func(g *conn.Group) int {
			n := 0
			for _, s := range states {
				n += g.ByState[s]
			}
			return n
		})
	}
	return []groupColumn{
		{
			table.Column{Key: "severity", Min: 1, Ideal: 1, Max: 1, Priority: 0},
			func(g *conn.Group) (string, theme.Role) { return "", severityRole(g.WorstSeverity) },
			func(a, b *conn.Group) int { return cmp.Compare(a.WorstSeverity, b.WorstSeverity) },
			nil,
		},
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
		count("connections", "CONNS", 1, theme.Text, func(g *conn.Group) int { return len(g.Members) }),
		state("established", "ESTAB", 3, conn.StateEstablished),
		state("listen", "LISTEN", 8, conn.StateListen),
		state("opening", "OPENING", 9, conn.StateSynSent, conn.StateSynRecv),
		state("close-wait", "CLOSE-W", 5, conn.StateCloseWait),
		state("closing", "CLOSING", 10, conn.StateFinWait1, conn.StateFinWait2, conn.StateClosing, conn.StateLastAck, conn.StateClose, conn.StateTimeWait),
		count("unguarded", "UNGUARDED", 4, theme.Warning, func(g *conn.Group) int { return g.Coverage.Unguarded }),
		{
			table.Column{Key: "guarded", Title: "GUARDED", Min: 8, Ideal: 8, Priority: 2, Align: table.Right},
			func(g *conn.Group) (string, theme.Role) {
				share, ok := g.Coverage.GuardedPercent()
				if !ok {
					return absent, theme.Faint
				}
				return fmt.Sprintf("%.0f %%", share), theme.Text
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

func number(n int, role theme.Role) (string, theme.Role) {
	if n == 0 {
		return absent, theme.Faint
	}
	return strconv.Itoa(n), role
}

// order compares two groups by the column.
func (c *groupColumn) order(a, b *conn.Group, descending bool) int {
	if c.known != nil {
		if ka, kb := c.known(a), c.known(b); ka != kb {
			if ka {
				return -1
			}
			return 1
		}
	}
	if descending {
		a, b = b, a
	}
	return c.compare(a, b)
}

// groupProcesses groups the rows by process, in the order that q asks for.
func groupProcesses(s *conn.Snapshot, rows []int32, q *question) []conn.Group {
	groups := conn.NewGrouper(q.thresholds).Group(s, rows, conn.ByProcess)
	columns := groupColumns()
	by := &columns[max(0, slices.IndexFunc(columns, func(c groupColumn) bool { return c.Key == q.processes.key }))]
	slices.SortStableFunc(groups, func(a, b conn.Group) int {
		return cmp.Or(by.order(&a, &b, q.processes.descending), cmp.Compare(a.Key.PID, b.Key.PID))
	})
	return groups
}

func groupTableColumns() []table.Column {
	var columns []table.Column
	for _, c := range groupColumns() {
		columns = append(columns, c.Column)
	}
	return columns
}

// groupRows shows groups in a table.
type groupRows struct {
	groups  []conn.Group
	columns []groupColumn
	symbol  func(theme.Role) string
}

func (r groupRows) Len() int               { return len(r.groups) }
func (r groupRows) ID(i int) conn.GroupKey { return r.groups[i].Key }

func (r groupRows) Row(i int, columns []table.Column, row *table.Row) {
	for _, shown := range columns {
		for k := range r.columns {
			if c := &r.columns[k]; c.Key == shown.Key {
				text, role := c.content(&r.groups[i])
				if c.Key == "severity" {
					text = r.symbol(role)
				}
				row.Add(role, text)
			}
		}
	}
}

// groupTitle is the name of a group, for the breadcrumb.
func (l *Listing) groupTitle(key conn.GroupKey) string {
	for i := range l.groups {
		if l.groups[i].Key == key {
			return l.groups[i].Title
		}
	}
	return ""
}
