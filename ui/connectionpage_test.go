package ui

import (
	"testing"
	"time"

	"github.com/katop/katop/conn"
)

// noFuture are words that a page says of what is still to come.
var noFuture = []string{"dies in", "next probe", "detects in", "timer fires", "left  ", " now ", "┃", "○╌"}

func withoutPostgres(c *conn.Connection) bool { return c.Remote.Port() != 51544 }

// TestConnectionEnds stays on the page of a connection while its peer stays
// silent to the end.
func TestConnectionEnds(t *testing.T) {
	t.Parallel()
	s, f := acting(t, 120, 40)
	s.press("/", "verdict:probing", "enter", "enter")
	s.shows("dies in 48s")
	s.now = s.now.Add(5 * time.Second)
	s.shows("dies in 43s") // the clock goes on between polls
	s.poll(43*time.Second, withoutPostgres)
	s.shows("was ESTABLISHED")
	s.shows("● ended 03:00:48  ~keepalive-timeout (inferred)")
	s.shows("given up after ~7m00s")
	s.shows("━╳") // the end closes the line
	for _, word := range noFuture {
		s.lacks(word)
	}
	s.now = s.now.Add(time.Hour)
	s.shows("silent for    6m12s") // nothing goes on
	for _, key := range []string{"K", "p", "x"} {
		s.press(key)
		s.shows("this connection has ended")
	}
	if len(f.asked) != 0 {
		t.Errorf("acted on what has ended: %v", f.asked)
	}
}

// TestConnectionGoes stays on the page of a connection that goes before its
// time: how it ended is told only a poll later, if at all.
func TestConnectionGoes(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("/", "verdict:probing", "enter", "enter")
	s.poll(time.Second, withoutPostgres)
	s.poll(time.Second, withoutPostgres)
	s.shows("ended 03:00:01  cause unknown")
	for _, word := range append(noFuture, "given up") {
		s.lacks(word)
	}
}

// TestConnectionWasMissed holds that a page follows a connection that a dump
// only lacked.
func TestConnectionWasMissed(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("/", "verdict:probing", "enter", "enter")
	s.interrupt(time.Second, withoutPostgres)
	s.shows("dies in")
	s.lacks("gone since")
	s.poll(time.Second, withoutPostgres)
	s.lacks("dies in")
	s.poll(time.Second, nil)
	s.shows("dies in 48s")
	s.lacks("ended")
}

// TestConnectionCourses carries bytes and sends some again while its page is
// open.
func TestConnectionCourses(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("/", "verdict:probing", "enter", "enter")
	s.lacks("since 03:00")
	sent := uint64(0)
	busy := func(c *conn.Connection) bool {
		c.TCP.BytesSent += sent
		c.TCP.TotalRetrans += uint32(sent / 1024)
		return true
	}
	for range 5 {
		sent += 10 << 10
		s.poll(courseStep, busy)
	}
	s.shows("sent 1.0 KiB/s")
	s.shows("received 0 B/s")
	s.shows("resent 1.0/s")
	s.shows("unanswered probes 2")
	s.shows("████") // the same in every step
	s.shows("since 03:00:10")
	for range 30 {
		s.poll(courseStep, nil)
	}
	s.lacks("since 03:00:10") // the lines show less than that by now
	s.press("esc", "enter")
	s.lacks("since 03:") // begins anew
}

// TestStubGoes stays on the pages of sockets of which no end is told.
func TestStubGoes(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]string{
		"state:time-wait":    "gone since 03:00:01: TIME-WAIT is over",
		"state:listen :5432": "gone since 03:00:01: nobody listens any more",
	} {
		s := newScreen(t, 120, 40)
		s.press("/", filter, "enter", "enter")
		s.poll(time.Second, func(*conn.Connection) bool { return false })
		s.shows(want)
	}
}
