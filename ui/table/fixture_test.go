package table_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

// connections is a source of n rows that look like connections, made up from
// their number. Every eleventh has gone.
type connections struct {
	n     int
	asked *int // rows drawn, where that is of interest
}

func (s connections) Len() int     { return s.n }
func (s connections) ID(i int) int { return i }

func (s connections) Row(i int, columns []table.Column, row *table.Row) {
	if s.asked != nil {
		*s.asked++
	}
	row.Gone = i%11 == 10
	c := samples[i%len(samples)]
	for _, column := range columns {
		switch column.Key {
		case "severity":
			row.Add(c.severity, c.symbol)
		case "process":
			row.Add(theme.Text, c.process)
		case "state":
			row.Add(c.stateRole, c.state)
		case "local":
			row.Add(theme.Text, c.local)
		case "remote":
			row.Add(theme.Text, c.remote)
		case "silent":
			row.Add(theme.Text, c.silent)
		case "keepalive":
			row.Add(c.keepaliveRole, c.keepalive)
		case "detects":
			row.Add(theme.Muted, c.detects)
		case "verdict":
			row.Add(c.severity, c.verdict)
		default:
			panic("unknown column " + column.Key)
		}
	}
}

type sample struct {
	severity                     theme.Role
	symbol, process              string
	stateRole                    theme.Role
	state, local, remote, silent string
	keepaliveRole                theme.Role
	keepalive, detects, verdict  string
}

var samples = []sample{
	{theme.Critical, "●", "postgres/8121", theme.StateOpen, "ESTAB", "10.0.0.5:5432", "10.0.3.17:51544", "6m12s", theme.KeepaliveOn, "300/30/3", "6m30s", "probing  2 of 3 unanswered"},
	{theme.Warning, "▲", "java/2210", theme.StateOpen, "ESTAB", "10.0.0.5:41022", "10.0.9.4:9092", "41m07s", theme.KeepaliveOff, "off", "never", "unguarded  silent 41m, keepalive off"},
	{theme.OK, "·", "nginx/77", theme.StateListen, "LISTEN", "[::]:443", "*", "-", theme.KeepaliveUnknown, "-", "-", "ok"},
	{theme.Warning, "▲", "データ処理/4242", theme.StatePeerClosed, "CLOSE-W", "192.168.100.200:65535", "[2001:db8::17]:443", "2h", theme.Inferred, "~on", "?", "close-wait  for 2 h"},
	{theme.OK, "·", "-", theme.StateTimeWait, "TIME-W", "127.0.0.1:5432", "127.0.0.1:51000", "-", theme.KeepaliveUnknown, "-", "-", "ok"},
	{theme.Notice, "○", "evil\x1b[31m\tname/666", theme.StateOpening, "SYN-SENT", "10.0.0.5:55000", "203.0.113.9:22", "-", theme.KeepaliveUnknown, "?", "-", "embryonic"},
	{theme.OK, "·", "cafe\u0301-server-with-a-long-name/90210", theme.StateOpen, "ESTAB", "10.0.0.5:5432", "10.0.3.18:40001", "3s", theme.KeepaliveOn, "60/10/3", "1m30s", "ok  peer answered 2.9 s ago"},
}

var columns = []table.Column{
	{Key: "severity", Min: 1, Max: 1, Priority: 0},
	{Key: "process", Title: "PROCESS", Min: 8, Ideal: 16, Max: 28, Flex: 1, Priority: 1},
	{Key: "state", Title: "STATE", Min: 8, Ideal: 8, Priority: 4},
	{Key: "local", Title: "LOCAL", Ideal: 21, Max: 47, Priority: 5, Whole: true},
	{Key: "remote", Title: "REMOTE", Ideal: 21, Max: 47, Priority: 2, Whole: true},
	{Key: "silent", Title: "SILENT", Min: 7, Ideal: 8, Priority: 6, Align: table.Right},
	{Key: "keepalive", Title: "KEEPALIVE", Min: 9, Ideal: 10, Priority: 3},
	{Key: "detects", Title: "DETECTS", Min: 7, Ideal: 8, Priority: 8, Align: table.Right},
	{Key: "verdict", Title: "VERDICT", Min: 10, Ideal: 24, Flex: 3, Priority: 7},
}

func newTheme(profile termenv.Profile, dark bool) *theme.Theme {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	r.SetHasDarkBackground(dark)
	return theme.New(r, theme.Unicode())
}

func newTable(th *theme.Theme, width, height, rows int) *table.Table[int] {
	t := table.New[int](th, columns)
	t.SetEmpty("no connection matches the filter")
	t.SetSize(width, height)
	t.SetSource(connections{n: rows})
	t.SetSort("silent", true)
	return t
}

// checkSize fails unless view has height lines of exactly width columns.
func checkSize(t testing.TB, view string, width, height int) {
	t.Helper()
	if width == 0 || height == 0 {
		if view != "" {
			t.Fatalf("%d×%d: %q, want nothing", width, height, view)
		}
		return
	}
	lines := strings.Split(view, "\n")
	if len(lines) != height {
		t.Fatalf("%d×%d: %d lines", width, height, len(lines))
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w != width {
			t.Fatalf("%d×%d: line %d is %d columns wide: %q", width, height, i, w, line)
		}
	}
}

func size(width, height int) string { return fmt.Sprintf("%dx%d", width, height) }
