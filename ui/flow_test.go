package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
)

// TestDrillDown goes process, connections of it, one connection, and all the
// way back.
func TestDrillDown(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("2")
	s.shows("WORST SILENCE")
	s.press("enter")
	s.shows("› java/2210")
	s.shows("descriptors 412 of 65 536")
	s.shows("6 of 16")
	s.lacks("postgres")
	s.press("enter")
	s.shows("java/2210  10.0.0.5:41026 → 10.0.9.6:9092")
	s.shows("cubic")
	if got := s.source.wants[0]; len(got.Options) != 0 {
		t.Errorf("options of %v were asked before anything was shown", got.Options)
	}
	s.poll(time.Second, nil)
	if got := s.source.wants[len(s.source.wants)-1].Options; len(got) != 1 || got[0].Cookie != 107 {
		t.Errorf("the page asks for the options of %v, want those of its connection alone", got)
	}
	s.press("esc")
	s.shows("6 of 16")
	s.press("esc")
	s.shows("WORST SILENCE")
	s.press("esc") // nothing is above
	s.shows("WORST SILENCE")
	s.press("1")
	s.shows("16 of 16")
}

// TestFilterFollowsTyping holds the live count, the error, and the ways out.
func TestFilterFollowsTyping(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("/", "proc:j")
	s.shows("7 of 16")
	s.press("ava state:est") // a mistake until the state is written out
	s.shows(`/ proc:java state:est`)
	s.shows("at column 17")
	s.press("ab ka:on")
	s.shows("1 of 16")
	s.press("enter", "/", " x")
	s.shows("0 of 16")
	s.press("esc") // takes back what was typed since /
	s.shows("/ proc:java state:estab ka:on ")
	s.shows("1 of 16")
	s.press("esc") // takes the filter away
	s.shows("16 of 16")
	s.press("/", "bad:1", "enter") // a mistake cannot be kept
	s.shows("Enter keep")
	s.press("esc")
	s.lacks("bad:1")
}

func TestKeysAreTextWhileTyping(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("/", "q2fc?")
	s.shows("/ q2fc?")
	if s.model.quitting || s.model.frozen || s.model.helping {
		t.Error("a key that was typed into the filter did something else")
	}
}

func TestSortEveryColumnBothWays(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 500, 60)
	for i := range s.model.columns {
		s.model.columns[i].chosen = true
	}
	s.model.showListing()
	s.view()
	alike := map[conn.SortKey]bool{conn.SortNetNS: true, conn.SortDiesIn: true} // one value in all rows
	seen := map[conn.SortKey]bool{}
	for range s.model.columns {
		s.press(">")
		seen[s.model.sort.key] = true
		down := slices.Clone(s.model.listing.rows)
		s.press("r")
		if slices.Equal(down, s.model.listing.rows) && !alike[s.model.sort.key] {
			t.Errorf("by %v the order is the same in both directions", s.model.sort.key)
		}
	}
	if want := len(s.model.columns) - 1; len(seen) != want { // the evidence goes with the verdict
		t.Errorf("> reached %d of %d columns", len(seen), want)
	}
	s.press("<", "<")
	s.press("2")
	for range s.model.processes.columns {
		s.press(">", "r")
		s.view()
	}
}

// TestCursorStaysWithItsRow sorts and polls under the cursor.
func TestCursorStaysWithItsRow(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("down", "down", "down")
	want, _ := s.model.connections.Selected()
	s.press("r")
	s.poll(time.Second, nil)
	if got, _ := s.model.connections.Selected(); got != want {
		t.Errorf("the cursor went from %v to %v", want, got)
	}
}

// TestTheWorstIsInSight holds that a list nobody has touched begins with its
// first row, however the rows move, and that a touched one does not jump.
func TestTheWorstIsInSight(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 16)
	s.press("r") // the least severe come first
	first := s.model.listing.rows[0]
	s.press("r")
	s.shows("● postgres/8121")
	if got := s.model.connections.Cursor(); got != 0 {
		t.Errorf("the cursor of an untouched list went to row %d", got)
	}
	s.press("r", "home", "r")
	c, _ := s.model.listing.row(s.model.connections.Cursor())
	if want := &s.model.listing.intake.snapshot.Connections[first]; c != want {
		t.Errorf("the cursor left %v for %v", want.ID(), c.ID())
	}
}

// TestGoneStaysStruck holds that a connection that went keeps its place for a
// few seconds and then leaves, and that TIME-WAIT makes no such fuss.
func TestGoneStaysStruck(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	without := func(c *conn.Connection) bool {
		return c.Remote.Port() != 9092 || c.State == conn.StateEstablished && c.Remote.Addr().String() != "10.0.9.4"
	}
	place := rowOf(t, s, "10.0.9.4:9092")
	s.poll(time.Second, without)
	s.shows("14 of 14")
	if got := rowOf(t, s, "10.0.9.4:9092"); got != place {
		t.Errorf("the gone row moved from line %d to %d", place, got)
	}
	if !strings.Contains(line(s, place), "× java") {
		t.Errorf("not marked as gone: %q", line(s, place))
	}
	if strings.Count(s.view(), "TIME-W ") != 0 {
		t.Error("the end of TIME-WAIT is shown as a loss")
	}
	s.press("r") // a new order keeps it in sight
	s.shows("× java")
	for range 4 {
		s.poll(time.Second, without)
	}
	s.lacks("10.0.9.4:9092")
}

func rowOf(t *testing.T, s *screen, text string) int {
	t.Helper()
	for i, l := range strings.Split(s.view(), "\n") {
		if strings.Contains(l, text) && !strings.Contains(l, "TIME-W") {
			return i
		}
	}
	t.Fatalf("no line has %q:\n%s", text, s.view())
	return 0
}

func line(s *screen, i int) string { return strings.Split(s.view(), "\n")[i] }

// TestPageOfAGoneConnection keeps what was last seen.
func TestPageOfAGoneConnection(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("/", "verdict:probing", "enter", "enter")
	s.shows("dies in 48s")
	s.now = s.now.Add(5 * time.Second)
	s.shows("dies in 43s") // the clock goes on between polls
	s.poll(time.Second, func(c *conn.Connection) bool { return c.Remote.Port() != 51544 })
	s.shows("gone since 03:00:06")
	s.shows("2 of 3 unanswered")
}

func TestFreeze(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("f")
	polls := len(s.source.wants)
	s.poll(time.Second, func(*conn.Connection) bool { return false })
	if len(s.source.wants) != polls {
		t.Error("a frozen screen polls")
	}
	s.shows("16 of 16")
	s.shows("frozen")
	s.press("f")
	s.shows("0 of 0")
	s.shows("live")
}

// TestFreezeStopsWhatIsUnderWay freezes while a snapshot is being worked in.
func TestFreezeStopsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	late := s.model.takeIn(&conn.Snapshot{At: three.Add(time.Second)})
	s.press("f")
	s.send(late())
	s.shows("16 of 16")
	s.press("r", "/", "proc:java", "enter") // the frozen snapshot can still be looked through
	s.shows("6 of 16")
}

func TestInterval(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("+", "+")
	s.shows("every 4s")
	stale := s.model.ticking - 1
	polls := len(s.source.wants)
	s.send(tickMsg{stale})
	if len(s.source.wants) != polls {
		t.Error("the tick of an interval that was changed still polls")
	}
	s.press(strings.Repeat("-", 20))
	s.shows("every 250ms")
	s.press(strings.Repeat("+", 20))
	s.shows("every 1m0s")
}

// TestFailureKeepsTheLastSnapshot shows the error and the age, and recovers.
func TestFailureKeepsTheLastSnapshot(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.source.err = errors.New("netlink is \x1b[2Jgone")
	s.poll(3*time.Second, nil)
	s.shows(`netlink is \x1b[2Jgone`)
	s.shows("failing 3.0 s old")
	s.shows("16 of 16")
	s.source.err = nil
	s.poll(time.Second, nil)
	s.lacks("failing")
}

// TestLateAnswers drops the answer to an old question, but not the snapshot
// that came with it.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.source.snapshot = night(three.Add(time.Second))
	s.source.snapshot.Connections = s.source.snapshot.Connections[:5]
	late := s.model.takeIn(s.source.snapshot) // under way while the user types
	s.press("/", "proc:java")
	s.shows("6 of 16")
	s.send(late())
	s.shows("1 of 5")
}

// TestKeysOfOneRead types faster than the screen reads, and pastes.
func TestKeysOfOneRead(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("fq"), Paste: true})
	if s.model.frozen || s.model.quitting {
		t.Error("pasted text was taken for keys")
	}
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("jj/proc:java")})
	s.shows("6 of 16")
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(" ka:on"), Paste: true})
	s.shows("1 of 16")
	s.press("enter", "enter")
	s.shows("› 10.0.0.5:41028")
	s.send(tea.KeyMsg{Type: tea.KeyEsc, Alt: true})
	s.shows("16 of 16")
}

func TestMarks(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("space", "space")
	s.shows("2 marked")
	s.press("/", "proc:nobody", "enter")
	s.shows("2 marked")
	s.press("U")
	s.lacks("marked")
}

func TestCopy(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("y")
	if got, want := s.copied.String(), "\x1b]52;c;MTAuMC4zLjE3OjUxNTQ0\x07"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
	s.shows("sent to the clipboard: 10.0.3.17:51544")
	s.copied.Reset()
	s.press("Y")
	if got, want := s.copied.String(), "\x1b]52;c;ODEyMQ==\x07"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
	s.press("/", "state:time-wait", "enter", "Y")
	s.shows("no process is known here")
}

func TestQuit(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 80, 24)
	_, cmd := s.model.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'q'}})
	if cmd == nil || cmd() != (tea.QuitMsg{}) {
		t.Error("q does not quit")
	}
}

// TestHelpComesFromTheBindings changes a key and looks for it.
func TestHelpComesFromTheBindings(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 200, 60, func(o *Options) { o.Keys.Freeze.SetHelp("Z", "hold still") })
	s.press("?")
	s.shows("Z        hold still")
}

// TestOutsideTextIsHarmless holds that no escape sequence of a process name, a
// command line or a host name reaches the terminal.
func TestOutsideTextIsHarmless(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 200, 60)
	s.source.snapshot.Host = "web\x1b]0;owned\a"
	for i := range s.source.snapshot.Connections {
		c := &s.source.snapshot.Connections[i]
		c.Unit, c.User, c.RemoteName, c.NetNS.Name = "unit\x1b[2J", "user\x1b[2J", "name\u009b2J", "ns\x1b[2J"
		c.Owners = []conn.Owner{{PID: 2210, FD: 1, Name: "java\x1b[2J"}}
	}
	for i := range s.model.columns {
		s.model.columns[i].chosen = true
	}
	s.poll(0, nil)
	for _, keys := range [][]string{{}, {"2"}, {"enter"}, {"enter"}, {"?"}} {
		s.press(keys...)
		if raw := s.model.View(); strings.Contains(raw, "[2J\x1b") || strings.Contains(raw, "\x1b[2J") ||
			strings.Contains(raw, "\x1b]0") || strings.Contains(raw, "\u009b") {
			t.Errorf("after %v an escape sequence from outside is on the screen", keys)
		}
	}
}
