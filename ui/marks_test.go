package ui

import (
	"testing"
	"time"

	"github.com/katop/katop/conn"
)

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

// TestMarksGo lets marked connections end: their marks go with them, and the
// screen says how many are left. A dump that may have missed some takes none.
func TestMarksGo(t *testing.T) {
	t.Parallel()
	s, f := acting(t, 120, 40)
	s.press("/", "proc:java", "enter", "a")
	s.shows("6 marked")
	s.press("esc")
	without := func(c *conn.Connection) bool { return c.Remote.Port() != 9092 }

	s.interrupt(time.Second, without)
	s.shows("6 marked")
	s.lacks("remain")
	s.poll(time.Second, without)
	s.shows("4 of the marked connections ended, 2 marked remain")
	s.shows("2 marked ")
	s.press("x", "y")
	if len(f.targets) != 2 {
		t.Errorf("acted on %d connections, want the 2 that are marked and there", len(f.targets))
	}
	s.press("esc")
	s.poll(time.Second, nil) // they are back, but were not marked anew
	s.shows("2 marked ")
}

// TestMarkedMeanwhile marks a connection while a snapshot is worked in.
func TestMarkedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	late := s.model.takeIn(night(three.Add(time.Second)))
	s.press("space")
	s.send(late())
	s.shows("1 marked")
}
