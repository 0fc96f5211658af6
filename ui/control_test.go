package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/internal/golden"
)

// TestActionGolden holds every dialog and every result.
func TestActionGolden(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		reach func(s *screen, f *fakeController)
	}{
		{"keepalive-one", func(s *screen, _ *fakeController) { s.press("/", "silent>30m ka:off", "enter", "K") }},
		{"keepalive-marked", func(s *screen, _ *fakeController) { s.press("space", "space", "space", "K", "down") }},
		{"keepalive-shown", func(s *screen, _ *fakeController) { s.press("/", "proc:java", "enter", "K", "tab") }},
		{"keepalive-own", func(s *screen, _ *fakeController) {
			s.press("K", "down", "down", "down", "down", "30m::10", "down", "down", "down", "45s") // the own values stay picked
		}},
		{"keepalive-mistake", func(s *screen, _ *fakeController) { s.press("K", "down", "down", "down", "down", "30m:10") }},
		{"keepalive-confirm", func(s *screen, _ *fakeController) { s.press("/", "proc:java", "enter", "K", "tab", "enter") }},
		{"keepalive-done", func(s *screen, f *fakeController) {
			f.refuse = "no right to duplicate its descriptors: run as root, or give katop CAP_SYS_PTRACE"
			s.press("/", "proc:java", "enter", "K", "tab", "enter", "y")
		}},
		{"probe-confirm", func(s *screen, _ *fakeController) { s.press("a", "p") }},
		{"probe-done", func(s *screen, _ *fakeController) { s.press("/", "proc:java", "enter", "a", "p", "y") }},
		{"probe-one", func(s *screen, _ *fakeController) { s.press("p") }},
		{"kill-confirm", func(s *screen, _ *fakeController) { s.press("x") }},
		{"kill-done", func(s *screen, _ *fakeController) { s.press("x", "y") }},
		{"undo-confirm", func(s *screen, _ *fakeController) { s.press("u") }},
		{"undo-done", func(s *screen, f *fakeController) { f.targets = night(three).Connections[4:5]; s.press("u", "y") }},
		{"journal", func(s *screen, _ *fakeController) { s.press("J", "down") }},
		{"failed", func(s *screen, f *fakeController) {
			f.err = errors.New("write the journal: /var/lib/katop: read-only file system: nothing was changed")
			s.press("x", "y")
		}},
	} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			name := fmt.Sprintf("act-%s-%dx%d", tt.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s, f := acting(t, size[0], size[1])
				tt.reach(s, f)
				golden.Check(t, name+".golden", s.view())
			})
		}
	}
}

// TestRunningGolden stops in the middle of an action.
func TestRunningGolden(t *testing.T) {
	t.Parallel()
	s, _ := acting(t, 80, 24)
	s.press("space", "space", "p")
	s.model.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'y'}}) // its command is left waiting
	s.model.action.tally.count(1, 2)
	golden.Check(t, "act-running-80x24.golden", s.view())
}

// TestAsking holds which actions ask first, and that no other answer than y
// does anything.
func TestAsking(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		keys []string
		want []string
	}{
		{[]string{"p"}, []string{"probe 1"}},
		{[]string{"space", "space", "p"}, nil},
		{[]string{"space", "space", "p", "y"}, []string{"probe 2"}},
		{[]string{"/", "proc:java", "enter", "a", "p", "y"}, []string{"probe 6"}},
		{[]string{"x"}, nil},
		{[]string{"x", "n", "y"}, nil},
		{[]string{"x", "esc", "y"}, nil},
		{[]string{"x", "enter"}, nil},
		{[]string{"x", "x"}, nil},
		{[]string{"x", "y", "y", "esc"}, []string{"kill 1"}},
		{[]string{"K", "enter"}, []string{"apply 1"}},
		{[]string{"K", "esc", "enter"}, nil},
		{[]string{"space", "space", "K", "enter"}, nil},
		{[]string{"space", "space", "K", "enter", "y"}, []string{"apply 2"}},
		{[]string{"/", "proc:java", "enter", "K", "tab", "enter", "y"}, []string{"apply 6"}},
		{[]string{"u"}, nil},
		{[]string{"u", "y"}, []string{"undo 02"}},
		{[]string{"J", "u"}, nil}, // a kill cannot be undone
		{[]string{"J", "down", "u", "y"}, []string{"undo 02"}},
		{[]string{"2", "K"}, nil},                     // no connection is under the cursor
		{[]string{"enter", "p"}, []string{"probe 1"}}, // on a connection's page
	} {
		s, f := acting(t, 120, 40)
		s.press(tt.keys...)
		if diff := cmp.Diff(tt.want, f.asked); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.keys, diff)
		}
	}
}

// TestSettingOfTheForm holds what each choice sets.
func TestSettingOfTheForm(t *testing.T) {
	t.Parallel()
	params := func(idle, interval time.Duration, count int) conn.Params {
		return conn.Params{Idle: idle * time.Second, Interval: interval * time.Second, Count: count}
	}
	for _, tt := range []struct {
		keys []string
		want conn.Setting
	}{
		{nil, conn.Setting{State: conn.KeepaliveOn, Params: params(300, 30, 3)}},
		{[]string{"down", "down"}, conn.Setting{State: conn.KeepaliveOn, Params: params(60, 10, 3)}},
		{[]string{"down", "down", "down"}, conn.Setting{State: conn.KeepaliveOn, Params: params(7200, 75, 9)}},
		{[]string{"down", "down", "down", "down", "90::5"}, conn.Setting{State: conn.KeepaliveOn, Params: params(90, 0, 5)}},
		{[]string{"down", "down", "down", "down", "down"}, conn.Setting{State: conn.KeepaliveOn}},
		{[]string{"down", "down", "down", "down", "down", "down"}, conn.Setting{State: conn.KeepaliveOff}},
		{
			[]string{"down", "down", "down", "down", "down", "down", "space", "down", "1500ms"},
			conn.Setting{State: conn.KeepaliveOff, SetUserTimeout: true, UserTimeout: 1500 * time.Millisecond},
		},
		{
			[]string{"down", "down", "down", "down", "down", "down", "down", "off"},
			conn.Setting{State: conn.KeepaliveOn, Params: params(300, 30, 3), SetUserTimeout: true},
		},
	} {
		s, f := acting(t, 120, 40)
		s.press("K")
		s.press(tt.keys...)
		s.press("enter")
		if diff := cmp.Diff(tt.want, f.setting); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.keys, diff)
		}
	}
}

// TestReadOnly holds that without a controller no key changes anything, and
// that the help does not speak of it.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 200, 60)
	before := s.view()
	for _, k := range []string{"K", "p", "x", "u", "J"} {
		s.press(k)
		if s.view() != before {
			t.Errorf("%s does something", k)
		}
	}
	s.press("?")
	for _, word := range []string{"kill", "undo", "check peer", "journal"} {
		s.lacks(word)
	}
}

// TestReportStays holds a result on the screen over polls until it is dismissed,
// and that what was touched is read anew.
func TestReportStays(t *testing.T) {
	t.Parallel()
	s, f := acting(t, 120, 40)
	s.press("K", "enter")
	s.shows("1 done")
	id := f.targets[0].ID()
	if got := s.source.wants[len(s.source.wants)-1].Options; !strings.Contains(fmt.Sprint(got), fmt.Sprint(id)) {
		t.Errorf("options of %v were asked, not those of %v", got, id)
	}
	s.poll(time.Second, nil)
	s.shows("1 done")
	s.press("esc")
	s.lacks("1 done")
	s.shows("16 of 16")
}

// TestTargetsAreWhatIsShown holds that listeners, stubs and gone rows are not
// among "all that are shown".
func TestTargetsAreWhatIsShown(t *testing.T) {
	t.Parallel()
	s, f := acting(t, 120, 40)
	s.poll(time.Second, func(c *conn.Connection) bool { return c.Remote.Port() != 51544 })
	s.press("p", "esc", "down", "K", "tab", "enter", "y")
	for _, c := range f.targets {
		if c.State == conn.StateListen || c.Minisock() || c.Remote.Port() == 51544 {
			t.Errorf("%v %v was among the targets", c.State, c.Remote)
		}
	}
	if len(f.targets) != 10 {
		t.Errorf("%d targets, want 10", len(f.targets))
	}
}

// TestOneClock holds that nothing multiplies the redraws of a page.
func TestOneClock(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	var ticks []tea.Msg
	s.model.after = func(_ time.Duration, f func(time.Time) tea.Msg) tea.Cmd {
		ticks = append(ticks, f(three))
		return nil
	}
	s.press("enter")
	for range 10 {
		s.press("y", "f", "f")
	}
	s.press("esc", "enter")
	pending := ticks
	ticks = nil
	for _, msg := range pending {
		if clock, ok := msg.(clockMsg); ok {
			s.send(clock)
		}
	}
	if len(ticks) != 1 {
		t.Errorf("%d clocks go on, want 1", len(ticks))
	}
}
