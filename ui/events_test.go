package ui

import (
	"testing"
	"time"

	"github.com/katop/katop/conn"
)

// TestEventPages opens what ended and what was opened.
func TestEventPages(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	without := func(c *conn.Connection) bool { return c.Remote.Port() != 51544 }
	s.poll(48*time.Second, without)
	s.press("5")
	s.shows("1 event  1 death ")
	s.press("enter")
	s.shows("● ended 03:00:48  ~keepalive-timeout (inferred)")
	s.shows("2 of 3 unanswered")
	s.shows("given up after ~7m00s")
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
	s.shows("java/2210   10.0.0.5:41022")
	s.press("esc")
	s.shows("7 reports of the kernel lost")
	s.press("tab")
	s.shows("1 of 1") // the death alone
}

func TestEventLogKeepsDeaths(t *testing.T) {
	t.Parallel()
	log := newEventLog()
	var died []conn.Event
	for i, cause := range []conn.Cause{
		conn.CauseKeepaliveTimeout, conn.CauseRetransmitTimeout, conn.CauseUserTimeout, conn.CauseReset, conn.CauseReset, conn.CauseKilled,
	} {
		died = append(died, conn.Event{Kind: conn.EventDied, Ending: conn.Ending{Cause: cause}, Connection: conn.Connection{Cookie: uint64(i)}})
	}
	log.take(&conn.Snapshot{Events: died})
	log.take(&conn.Snapshot{Events: make([]conn.Event, maxEvents), EventsDropped: 3})
	if log.died.Len() != len(died) || log.all.Len() != maxEvents || log.all.Dropped() != 6 || log.lost != 3 {
		t.Errorf("died %d, all %d, dropped %d, lost %d", log.died.Len(), log.all.Len(), log.all.Dropped(), log.lost)
	}
	if log.deaths != 3 || log.resets != 2 || log.kills != 1 {
		t.Errorf("%d deaths, %d resets, %d killed, want 3, 2, 1", log.deaths, log.resets, log.kills)
	}
}
