package ui

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
)

// TestFindingGoes follows a finding to its connections, turns keepalive on for
// them, and sees it gone at the next refresh.
func TestFindingGoes(t *testing.T) {
	t.Parallel()
	s, f := acting(t, 120, 40)
	s.press("6", "down")
	s.shows("java: 2 connections to :9092 without keepalive, oldest silent 41 m 7 s")
	s.press("K")
	s.shows("open a row first")
	s.press("enter")
	s.shows("› java: 2 connections to :9092")
	s.shows("2 of 16")
	s.press("K", "tab", "enter", "y")
	if len(f.targets) != 2 || f.targets[0].Owners[0].Name != "java" || f.targets[1].Remote.Port() != 9092 {
		t.Fatalf("acted on %v", f.targets)
	}
	general := conn.Profiles()[0].Setting()
	if f.setting != general {
		t.Fatalf("set %+v, want %+v", f.setting, general)
	}
	s.press("enter")
	guarded := func(c *conn.Connection) bool {
		for i := range f.targets {
			if c.ID() == f.targets[i].ID() {
				c.Keepalive = general.Over(c.Keepalive)
			}
		}
		return true
	}
	s.poll(time.Second, guarded)
	s.shows("0 of 16")
	s.press("esc")
	s.lacks("without keepalive")
	s.shows("java: dead servers behind :9092") // the others stay
}

// TestCursorStaysWithItsFinding comes back from the connections of a finding.
func TestCursorStaysWithItsFinding(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("6", "down", "down", "enter", "enter")
	s.shows("detects in")
	s.press("esc", "esc")
	if f, _ := s.model.findings.chosen(); f == nil || f.Kind != conn.FindingSlowDetection {
		t.Errorf("the cursor is on %+v", f)
	}
	s.press("/", "proc:nginx", "enter")
	s.shows("nothing to advise on")
}

// TestRemedies goes round the remedies of a finding and copies one.
func TestRemedies(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("6", "down")
	f, _ := s.model.findings.chosen()
	for i := range len(f.Remedies) + 1 {
		want := f.Remedies[i%len(f.Remedies)]
		s.copied.Reset()
		s.press("y")
		s.shows("remedy sent to the clipboard: " + want.Name)
		sent := strings.TrimSuffix(strings.TrimPrefix(s.copied.String(), "\x1b]52;c;"), "\a")
		if text, err := base64.StdEncoding.DecodeString(sent); err != nil || string(text) != want.Text {
			t.Errorf("%q was sent (%v), want %q", text, err, want.Text)
		}
		s.press("tab")
	}
	s.press("up", "y")
	s.shows("clipboard: katop, for those that are there")
}

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
	s.shows("nothing that peers opened is in TIME-WAIT")
	s.press("tab")
	s.shows("85.0 %")
}

// TestEventPages opens what ended and what was opened.
func TestEventPages(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	without := func(c *conn.Connection) bool { return c.Remote.Port() != 51544 }
	s.poll(48*time.Second, without)
	s.press("5")
	s.shows("1 event  1 death ")
	s.press("enter")
	s.shows("gone since 03:00:48")
	s.shows("~keepalive-timeout (inferred)  2 of 3 unanswered")
	s.press("esc", "/", "proc:java", "enter")
	s.shows("0 of 1")
	s.press("esc", "f")
	next := night(s.now.Add(time.Second))
	next.EventsDropped = 7
	next.Events = []conn.Event{{At: next.At, Connection: next.Connections[4]}}
	s.send(polledMsg{snapshot: next}) // it was under way: nothing is lost of it
	s.source.snapshot = night(s.now.Add(2 * time.Second))
	s.press("f", "home", "enter")
	s.lacks("gone since")
	s.shows("java/2210  10.0.0.5:41022")
	s.press("esc")
	s.shows("7 of the kernel's reports lost")
	s.press("tab")
	s.shows("1 of 1") // the death alone
}

// TestConnectionEnds stays on the page of a connection while it ends.
func TestConnectionEnds(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("/", "verdict:probing", "enter", "enter")
	s.poll(48*time.Second, func(c *conn.Connection) bool { return c.Remote.Port() != 51544 })
	s.shows("gone since 03:00:48")
	s.shows("~keepalive-timeout (inferred)")
}

func TestEventLogKeepsDeaths(t *testing.T) {
	t.Parallel()
	log := newEventLog()
	death := conn.Event{Kind: conn.EventDied, Connection: conn.Connection{Cookie: 1}}
	log.take(&conn.Snapshot{Events: []conn.Event{death}})
	log.take(&conn.Snapshot{Events: make([]conn.Event, maxEvents), EventsDropped: 3})
	if log.died != 1 || log.deaths.Len() != 1 || log.all.Len() != maxEvents || log.all.Dropped() != 1 || log.lost != 3 {
		t.Errorf("died %d, deaths %d, all %d, dropped %d, lost %d", log.died, log.deaths.Len(), log.all.Len(), log.all.Dropped(), log.lost)
	}
}

// TestCourse holds the mean of a step, a gap, and what follows a long pause.
func TestCourse(t *testing.T) {
	t.Parallel()
	c := newCourse()
	c.add(three, 2, true)
	c.add(three.Add(time.Second), 4, true)
	c.add(three.Add(2*time.Second), 0, false)
	c.add(three.Add(6*time.Second), 0, false)
	c.add(three.Add(11*time.Second), 7, true)
	if got := fmt.Sprint(c.values()); got != "[3 NaN 7]" {
		t.Errorf("%s", got)
	}
	c.add(three.Add(24*time.Hour), 1, true)
	values := c.values()
	if got := values[len(values)-1]; len(values) != courseLength+1 || got != 1 || c.runs() {
		t.Errorf("after a day: %d values, the last %v", len(values), got)
	}
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
