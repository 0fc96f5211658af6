package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/muesli/termenv"

	"github.com/katop/katop/conn"
)

func TestTimeline(t *testing.T) {
	t.Parallel()
	th := themeOf(termenv.Ascii)
	find := func(port uint16) *conn.Connection {
		s := night(three)
		for i := range s.Connections {
			if s.Connections[i].Remote.Port() == port || s.Connections[i].Local.Port() == port && s.Connections[i].State == conn.StateEstablished {
				return &s.Connections[i]
			}
		}
		t.Fatalf("no connection with port %d", port)
		return nil
	}
	draw := func(c *conn.Connection, elapsed time.Duration) string {
		line, ok := newTimeline(c, elapsed)
		if !ok {
			return "none"
		}
		var b strings.Builder
		b.WriteString(strings.TrimRight(line.labels(60), " ") + "\n")
		for _, i := range line.axis(60) {
			b.WriteString(inkSign(th, i))
		}
		return b.String()
	}
	for _, tt := range []struct {
		name    string
		c       *conn.Connection
		elapsed time.Duration
		want    string
	}{
		{
			"two probes lost, one to come", find(51544), 0,
			"heard 6m12s ago                         now      dies in 48s\n" +
				"●━━━━━━━━━━━━━━━━━━━━━━━━━×━━━━━━━━━━×━━━┃╌╌╌╌╌╌○╌╌╌╌╌╌╌╌╌╌╳",
		},
		{
			"the same, ten seconds on", find(51544), 10 * time.Second,
			"heard 6m22s ago                             now  dies in 38s\n" +
				"●━━━━━━━━━━━━━━━━━━━━━━━━━×━━━━━━━━━━×━━━━━━━┃╌╌○╌╌╌╌╌╌╌╌╌╌╳",
		},
		{
			"healthy: the worst case ahead", find(40112), 0,
			"heard 41s ago                    dead at the latest in 5m49s\n" +
				"●━━┃╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌○╌╌╌╌╌╌╌╌╌╌○╌╌╌╌╌╌╌╌╌╌○╌╌╌╌╌╌╌╌╌╌╳",
		},
		{
			"unguarded", find(41022), 0,
			"heard 41m07s ago            now             never found dead\n" +
				"●━━━━━━━━━━━━━━━━━━━━━━━━━━━━┃╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌",
		},
		{"retransmitting without a user timeout", find(41026), 0, "none"},
		{"parameters not known", find(61022), 0, "none"},
		{"zero window", find(50001), 0, "none"},
	} {
		if got := draw(tt.c, tt.elapsed); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// TestTimelineOver draws lines of connections that are over: nothing is to come.
func TestTimelineOver(t *testing.T) {
	t.Parallel()
	th := themeOf(termenv.Ascii)
	for _, tt := range []struct {
		name string
		line timeline
		want string
	}{
		{
			"two probes, and a third after the last look",
			timeline{now: 372 * time.Second, sent: []time.Duration{330 * time.Second, 360 * time.Second}, coming: []time.Duration{390 * time.Second}, dies: 420 * time.Second, outstanding: true},
			"last heard                             given up after ~7m00s\n" +
				"●━━━━━━━━━━━━━━━━━━━━━━━━━×━━━━━━━━━━×━━━━━━━━━━×━━━━━━━━━━╳",
		},
		{
			"data without an answer",
			timeline{now: 20 * time.Second, dies: 45 * time.Second, outstanding: true},
			"last heard                               given up after ~45s\n" +
				"●━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╳",
		},
	} {
		line := tt.line.over()
		got := line.labels(60) + "\n"
		for _, i := range line.axis(60) {
			got += inkSign(th, i)
		}
		if got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// TestTimelineNeverBreaks draws extreme settings on every width.
func TestTimelineNeverBreaks(t *testing.T) {
	t.Parallel()
	for _, p := range []conn.Params{{}, {Idle: time.Second, Interval: time.Second, Count: 127}, {Idle: 32767 * time.Second, Interval: 32767 * time.Second, Count: 127}} {
		for _, silent := range []time.Duration{0, time.Second, 90000 * time.Hour} {
			for unanswered := range 130 {
				c := conn.Connection{State: conn.StateEstablished, TCP: conn.TCP{Known: conn.TCPBase, LastAckRecv: silent}}
				c.Keepalive = conn.Keepalive{State: conn.KeepaliveOn, Source: conn.SourceRead, Params: p}
				c.Timer = conn.Timer{Kind: conn.TimerKeepalive, Expires: time.Second, Retries: uint8(unanswered)}
				line, ok := newTimeline(&c, time.Hour)
				if !ok {
					t.Fatal("no line")
				}
				for width := leastTimelineWidth; width <= maxTimelineWidth; width += 13 {
					for _, drawn := range []timeline{line, line.over()} {
						if got := len([]rune(drawn.labels(width))); got != width {
							t.Fatalf("labels of %d columns, want %d", got, width)
						}
						if got := len(drawn.axis(width)); got != width {
							t.Fatalf("%d columns, want %d", got, width)
						}
					}
				}
			}
		}
	}
}
