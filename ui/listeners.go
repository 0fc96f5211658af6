package ui

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

// listener is one row of the view of the listeners.
type listener struct {
	conn.Listener
	socket conn.Connection
}

type listenerList = list[listener, conn.ID]

func newListenerList(t *theme.Theme) *listenerList {
	return newList(t, listenerColumns(t), func(l *listener) conn.ID { return l.socket.ID() }, "queue", true, "nothing listens")
}

// queueBarWidth is the width of the bar of an accept queue.
const queueBarWidth = 8

func listenerColumns(t *theme.Theme) []listColumn[listener] {
	state := func(key, title string, priority int, states ...conn.State) listColumn[listener] {
		return stateColumn(key, title, priority, func(l *listener) *[conn.MaxState + 1]int { return &l.ByState }, states...)
	}
	byQueue := func(a, b *listener) int { return cmp.Compare(a.use(), b.use()) }
	return []listColumn[listener]{
		severityColumn((*listener).role),
		{
			table.Column{Key: "process", Title: "PROCESS", Min: 10, Ideal: 16, Max: 30, Flex: 1, Priority: 1, KeepAfter: '/'},
			func(l *listener) (string, theme.Role) { return processCell(nil, &l.socket) },
			func(a, b *listener) int { return cmp.Compare(firstOwner(&a.socket), firstOwner(&b.socket)) },
			nil,
		},
		{
			table.Column{Key: "local", Title: "LISTENS ON", Min: 12, Ideal: 22, Whole: true},
			func(l *listener) (string, theme.Role) { return endpoint(l.socket.Local), theme.Text },
			func(a, b *listener) int { return a.socket.Local.Compare(b.socket.Local) },
			nil,
		},
		{
			table.Column{Key: "queue", Title: "ACCEPT", Min: 11, Ideal: 11, Align: table.Right},
			func(l *listener) (string, theme.Role) {
				return strconv.FormatUint(uint64(l.Queue), 10) + "/" + strconv.FormatUint(uint64(l.Limit), 10), l.role()
			},
			byQueue, nil,
		},
		{
			table.Column{Key: "bar", Min: queueBarWidth, Ideal: queueBarWidth, Max: queueBarWidth, Priority: 7},
			func(l *listener) (string, theme.Role) {
				full, rest := t.Symbols.Bar(queueBarWidth, l.use())
				return full + rest, l.role()
			},
			nil, nil,
		},
		state("syn-recv", "SYN-RECV", 2, conn.StateSynRecv),
		state("established", "ESTAB", 2, conn.StateEstablished),
		state("close-wait", "CLOSE-W", 4, conn.StateCloseWait),
		state("time-wait", "TIME-W", 5, conn.StateTimeWait),
		state("closing", "CLOSING", 6, conn.StateFinWait1, conn.StateFinWait2, conn.StateClosing, conn.StateLastAck, conn.StateClose),
		countColumn("sockets", "SOCKETS", 9, theme.Text, func(l *listener) int { return l.Shared }),
		{
			table.Column{Key: "netns", Title: "NETNS", Min: 6, Ideal: 12, Max: 20, Priority: 8},
			func(l *listener) (string, theme.Role) { return netnsCell(nil, &l.socket) },
			func(a, b *listener) int { return cmp.Compare(a.socket.NetNS.Name, b.socket.NetNS.Name) },
			nil,
		},
	}
}

func firstOwner(c *conn.Connection) string {
	owner, _ := c.Owner()
	return owner.Name
}

// use is how full the accept queue is, from 0 to 1; it holds one more than its
// limit.
func (l *listener) use() float64 { return min(1, float64(l.Queue)/float64(l.Limit+1)) }

// role is how bad the accept queue looks.
func (l *listener) role() theme.Role {
	switch {
	case l.Full():
		return theme.Warning
	case l.use() >= 0.5:
		return theme.Notice
	}
	return theme.OK
}

// listListeners lists those of which the filter matches the socket or one of
// their connections, which are in rows.
func listListeners(in *intake, rows []int32, q *question) ordered[listener] {
	listening := in.listening()
	matched := map[conn.ListenAddress]bool{}
	for _, row := range rows {
		if at, listened := listening.Of(&in.snapshot.Connections[row]); listened {
			matched[at] = true
		}
	}
	shown := slices.DeleteFunc(slices.Clone(in.listeners()), func(l listener) bool {
		at, _ := listening.Of(&l.socket)
		return !matched[at]
	})
	return q.listeners.arrange(shown)
}
