package ui

import (
	"testing"
	"time"

	"github.com/katop/katop/conn"
)

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

// TestFilterOfEvents asks events for what happened, which nothing else can be
// asked: elsewhere that filter waits, and one for connections goes along.
func TestFilterOfEvents(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.endings()
	s.press("down", "down")
	selected, _ := s.model.connections.Selected()
	s.press("/", "cause:closed")
	s.shows(`"cause" asks about events`)
	s.press("esc", "5")
	s.shows("3 of 3")
	s.press("/", "cause:keepalive-timeout|closed event:died", "enter")
	s.shows("1 of 3")
	s.shows("● 03:00:48 ~keepalive-timeout")
	s.poll(time.Second, nil)
	s.shows("1 of ")
	s.press("1")
	s.shows("no filter")
	s.shows("16 of 16")
	if now, _ := s.model.connections.Selected(); now != selected {
		t.Errorf("the cursor is on %v, it was on %v", now, selected)
	}
	s.press("5")
	s.shows("/ cause:keepalive-timeout|closed event:died")
	s.press("enter", "esc") // to the page of the connection, which has no filter, and back
	s.shows("/ cause:keepalive-timeout|closed event:died")
	s.press("1", "/", "proc:java", "enter", "5") // this one goes along
	s.shows("/ proc:java")
	s.shows("2 of ")
	s.press("esc", "1", "5") // and is not followed by the one before
	s.shows("no filter: cause:reset")
}

// TestEventsViewFirst begins with a filter that only events can be asked.
func TestEventsViewFirst(t *testing.T) {
	t.Parallel()
	filter, err := conn.ParseEventFilter("cause:reset")
	if err != nil {
		t.Fatal(err)
	}
	s := newScreen(t, 120, 40, func(o *Options) { o.View, o.Filter = ViewEvents, filter })
	s.shows("/ cause:reset")
	s.press("1")
	s.shows("16 of 16")
	s.press("5")
	s.shows("/ cause:reset")
}
