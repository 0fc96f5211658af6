package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

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
	s.shows("java/2210   10.0.0.5:41026 → 10.0.9.6:9092")
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

func TestSortEveryColumnBothWays(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 500, 60)
	for i := range s.model.columns {
		s.model.columns[i].chosen, s.model.columns[i].asked = true, true
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
		s.model.columns[i].chosen, s.model.columns[i].asked = true, true
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
