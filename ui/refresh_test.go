package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/katop/katop/conn"
)

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

func TestFreeze(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("f")
	polls := len(s.source.wants)
	s.poll(time.Second, func(*conn.Connection) bool { return false })
	if len(s.source.wants) != polls+1 || len(s.model.log.all.Events(nil)) == 0 {
		t.Error("nothing is heard of what happens while the screen is frozen")
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
