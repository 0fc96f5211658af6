package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/internal/golden"
)

// TestGolden holds how each place looks, on each size where it matters.
func TestGolden(t *testing.T) {
	t.Parallel()
	everySize := [][2]int{{40, 10}, {80, 24}, {120, 40}, {200, 60}}
	twoSizes := everySize[1:3]
	for _, tt := range []struct {
		name  string
		sizes [][2]int
		reach func(s *screen)
	}{
		{"connections", everySize, func(*screen) {}},
		{"namespaces", everySize, func(s *screen) { s.contain() }},
		{"processes", everySize, func(s *screen) { s.press("2") }},
		{"process", everySize, func(s *screen) { s.press("2", "enter") }},
		{"listeners", everySize, func(s *screen) { s.press("3") }},
		{"listener-connections", twoSizes, func(s *screen) { s.press("3", "enter") }},
		{"destinations", everySize, func(s *screen) { s.press("4") }},
		{"destinations-burnt", twoSizes, func(s *screen) { s.burn(); s.press("4") }},
		{"destinations-open", twoSizes, func(s *screen) { s.crowd(); s.press("4", "/", "raddr:10.0.9.9", "enter") }},
		{"destinations-orphan", twoSizes, func(s *screen) { s.orphan(); s.press("4") }},
		{"services", twoSizes, func(s *screen) { s.burn(); s.press("4", "tab") }},
		{"advice-ports", twoSizes, func(s *screen) { s.burn(); s.press("6") }},
		{"events", everySize, func(s *screen) { s.endings(); s.press("5") }},
		{"events-none", twoSizes, func(s *screen) { s.press("5") }},
		{"events-died", twoSizes, func(s *screen) { s.endings(); s.press("5", "tab") }},
		{"events-cause", twoSizes, func(s *screen) { s.endings(); s.press("5", "/", "cause:closed", "enter") }},
		{"event", twoSizes, func(s *screen) { s.endings(); s.press("5", "/", "postgres", "enter", "enter") }},
		{"advice", everySize, func(s *screen) { s.press("6") }},
		{"advice-remedy", twoSizes, func(s *screen) { s.press("6", "down", "tab", "tab"); s.view(); s.press("pgdown") }},
		{"advice-nothing", twoSizes, func(s *screen) { s.press("6", "/", "proc:nobody", "enter") }},
		{"advice-calm", twoSizes, func(s *screen) { s.calm(); s.press("6") }},
		{"finding", twoSizes, func(s *screen) { s.press("6", "enter") }},
		{"sparklines", [][2]int{{120, 40}, {200, 60}}, func(s *screen) {
			for i := range 30 {
				s.poll(5*time.Second, func(c *conn.Connection) bool { return c.Cookie%20 >= uint64(i%7) })
			}
		}},
		{"process-courses", everySize, func(s *screen) { s.press("2", "enter"); s.busy() }},
		{"connection-courses", everySize, func(s *screen) { s.press("/", "verdict:probing", "enter", "enter"); s.busy() }},
		{"probing", everySize, func(s *screen) { s.press("/", "verdict:probing", "enter", "enter") }},
		{"unguarded", twoSizes, func(s *screen) { s.press("/", "rport:9092 silent>30m ka:off", "enter", "enter") }},
		{"listener", twoSizes, func(s *screen) { s.press("/", "state:listen", "enter", "enter") }},
		{"time-wait", twoSizes, func(s *screen) { s.press("/", "state:time-wait", "enter", "enter") }},
		{"retransmitting", twoSizes, func(s *screen) { s.press("/", "verdict:stalled", "enter", "enter") }},
		{"help", everySize, func(s *screen) { s.press("?") }},
		{"columns", twoSizes, func(s *screen) { s.press("c", "down", "space") }},
		{"filter", everySize, func(s *screen) { s.press("/", "proc:java -state:close-wait") }},
		{"filter-mistake", everySize, func(s *screen) { s.press("/", "proc:java prot:443") }},
		{"nothing", twoSizes, func(s *screen) { s.press("/", "proc:nobody", "enter") }},
		{"marks", twoSizes, func(s *screen) { s.press("space", "down", "space") }},
		{"gone", twoSizes, func(s *screen) {
			s.poll(time.Second, func(c *conn.Connection) bool { return c.Remote.Port() != 51544 })
		}},
		{"frozen", twoSizes, func(s *screen) { s.press("f"); s.now = s.now.Add(12 * time.Second) }},
		{"failing", twoSizes, func(s *screen) {
			s.source.err = errors.New("dump IPv4 TCP sockets: no buffer space available: try again")
			s.poll(4*time.Second, nil)
		}},
		{"hidden", twoSizes, func(s *screen) {
			s.source.snapshot.Hidden = []conn.Hidden{{
				What: "owners of 7 connections", Why: "other users' /proc/PID/fd may not be read", Need: "run as root",
			}, {What: "keepalive options of 7 connections", Why: "no right to duplicate", Need: "run as root"}}
		}},
	} {
		for _, size := range tt.sizes {
			name := fmt.Sprintf("%s-%dx%d", tt.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newScreen(t, size[0], size[1])
				tt.reach(s)
				golden.Check(t, name+".golden", s.view())
			})
		}
	}
}

// TestStyledGolden holds the colours, and that there are none with NO_COLOR.
func TestStyledGolden(t *testing.T) {
	t.Parallel()
	for name, profile := range map[string]termenv.Profile{
		"truecolor": termenv.TrueColor, "256": termenv.ANSI256, "16": termenv.ANSI, "no-color": termenv.Ascii,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScreen(t, 80, 24, func(o *Options) { o.Theme = themeOf(profile) })
			view := s.model.View()
			golden.Check(t, "styled-"+name+".golden", strings.ReplaceAll(view, "\x1b", "␛")+"\n")
			if profile == termenv.Ascii && colours(view) {
				t.Error("there are colours in spite of NO_COLOR")
			}
		})
	}
}

// colours tells whether a text sets a colour: SGR 30 to 49 and 90 to 107.
func colours(view string) bool {
	for _, part := range strings.Split(view, "\x1b[")[1:] {
		sgr, _, _ := strings.Cut(part, "m")
		for _, n := range strings.Split(sgr, ";") {
			if len(n) == 2 && n >= "30" && n <= "49" || len(n) >= 2 && n >= "90" && n <= "97" || len(n) == 3 {
				return true
			}
		}
	}
	return false
}

// TestEverySize draws every place on every size: nothing may be cut wrongly,
// wrap or panic.
func TestEverySize(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{}, {"2"}, {"2", "enter"}, {"3"}, {"3", "enter"}, {"4"}, {"4", "tab"}, {"5"}, {"5", "enter"}, {"6"}, {"6", "enter"}, {"enter"}, {"?"}, {"c"}, {"/", "prot:1"}} {
		t.Run(strings.Join(keys, " "), func(t *testing.T) {
			t.Parallel()
			s := newScreen(t, 80, 24)
			s.endings()
			s.press(keys...)
			for width := leastWidth; width < 150; width += 7 {
				for height := leastHeight; height < 40; height += 3 {
					s.model.width, s.model.height = width, height
					s.model.showListing()
					s.view()
				}
			}
		})
	}
}

func TestTooSmall(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 20, 4)
	if v := s.model.View(); ansi.Strip(v) != "katop needs 30×6" {
		t.Errorf("%q", v)
	}
}
