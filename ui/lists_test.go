package ui

import (
	"net/netip"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
)

// TestListenersAddress tells a listener at one address from one at any.
func TestListenersAddress(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	at := func(state conn.State, local string, cookie uint64) conn.Connection {
		c := conn.Connection{
			NetNS: conn.NetNS{Inode: 4026531840, Name: "host"}, Cookie: cookie, State: state, Family: conn.IPv4,
			Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort("10.1.1.1:40000"),
		}
		if state == conn.StateListen {
			c.Remote, c.SendQueue, c.RecvQueue = netip.AddrPort{}, 10, 11
		}
		return c
	}
	s.source.snapshot = &conn.Snapshot{At: three.Add(time.Second), Connections: []conn.Connection{
		at(conn.StateListen, "0.0.0.0:80", 1), at(conn.StateListen, "10.0.0.1:80", 2), at(conn.StateListen, "0.0.0.0:81", 6),
		at(conn.StateEstablished, "10.0.0.1:80", 3), at(conn.StateSynRecv, "10.0.0.2:80", 4), at(conn.StateEstablished, "10.0.0.2:80", 5),
	}}
	s.send(tickMsg{s.model.ticking})
	s.press("3", "/", "laddr:10.0.0.2", "enter")
	s.shows("▲") // more wait than the limit says
	s.lacks("10.0.0.1:80")
	s.lacks(":81")
	s.press("esc", ">", ">", ">") // the bar cannot be sorted by: on to SYN-RECV
	if key := s.model.listeners.order.columns[s.model.listeners.order.by].Key; key != "close-wait" {
		t.Errorf("sorted by %s", key)
	}
	s.press("<", "<") // SYN-RECV
	s.press("enter")
	s.shows("› 0.0.0.0:80")
	s.shows("3 of 6") // itself and what came in by other addresses
	s.lacks("10.0.0.1:80")
}

// TestTimeWaitConnections goes from the groups to what is in them.
func TestTimeWaitConnections(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.burn()
	s.press("4", "enter")
	s.shows("› to 10.0.9.4:9092")
	s.shows("852 of 906") // one of them established
	s.press("esc", "tab", "enter")
	s.shows("› TIME-WAIT at :443")
	s.shows("40 of 906")
	s.press("esc", "/", "lport:33001", "enter")
	s.shows("nothing matches the filter")
	s.press("tab")
	s.shows("85.0 %")
}

// TestSortEveryList sorts every other list by each of its columns, both ways.
func TestSortEveryList(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 200, 60)
	s.burn()
	s.endings()
	for _, keys := range [][]string{{"2"}, {"3"}, {"4"}, {"4", "tab"}, {"5"}, {"6"}} {
		s.press(keys...)
		for range 12 {
			s.press(">")
			s.view()
			s.press("r")
			s.view()
		}
	}
}

// TestStaleListing draws a view before its answer is in: nothing is said of what
// is not known yet.
func TestStaleListing(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	for _, key := range "3456" {
		s.model.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{key}}) // its command is not run
		s.lacks("nothing")
	}
}
