package ui

import (
	"testing"

	"github.com/katop/katop/conn"
)

// TestProcessCourses follows one process while its page is open, whatever the
// filter shows of it, also while one looks at one of its connections.
func TestProcessCourses(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 200, 60)
	s.press("2", "enter", "/", "state:close-wait", "enter")
	s.shows("connections 6 ")
	s.shows("since 03:00:00")
	resent := uint32(0)
	java := func(c *conn.Connection) bool {
		if c.Remote.Port() == 9092 {
			c.TCP.TotalRetrans += resent // of each of the four
		}
		return c.Cookie != 111 || resent < 10
	}
	s.press("enter") // the page of the connection in CLOSE-WAIT
	for range 3 {
		resent += 5
		s.poll(courseStep, java)
	}
	s.press("esc")
	s.shows("connections 5 ")
	s.shows("resent 2.0/s")
	s.shows("deaths 0")
	s.shows("██▇▇")
	s.poll(5*courseStep, func(c *conn.Connection) bool { return c.Cookie != 107 })
	s.poll(courseStep, func(c *conn.Connection) bool { return c.Cookie != 107 })
	s.shows("deaths 1")
	s.press("esc", "enter")
	s.shows("deaths 0")
	s.lacks("since 03:00:00")
}
