package ui

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// The answers of a terminal are taken out of what is typed, however they are cut.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	const white, black, cursor = "\x1b]11;rgb:ffff/ffff/eeee\x1b\\", "\x1b]11;rgb:1e/1e/2e\a", "\x1b[12;40R"
	for _, tt := range []struct {
		name  string
		reads []string
		keys  string
		dark  string
	}{
		{"nothing but keys", []string{"jk", "\x1b", "\x1b[A"}, "jk\x1b\x1b[A", "unknown"},
		{"light", []string{white + cursor}, "", "light"},
		{"dark", []string{black + cursor}, "", "dark"},
		{"only the place of the cursor", []string{cursor, "q"}, "q", "unknown"},
		{"keys before, between and after", []string{"j" + white + "k" + cursor + "l", "m"}, "jklm", "light"},
		{"cut behind the first sign", []string{"\x1b]", "11;rgb:ff", "ff/ffff/ffff\x1b", "\\\x1b[1", "2;40", "Rq"}, "q", "light"},
		{"no colour", []string{"\x1b]11;?\a" + cursor + "q"}, "q", "unknown"},
		{"the place of the cursor is asked once", []string{cursor, "\x1b[1;2R"}, "\x1b[1;2R", "unknown"},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		k := &keyboard{File: r, asked: true, dark: make(chan bool, 1)}
		var keys strings.Builder
		for _, read := range tt.reads {
			if _, err := w.WriteString(read); err != nil {
				t.Fatal(err)
			}
			p := make([]byte, 256)
			n, err := k.Read(p)
			if err != nil {
				t.Fatal(err)
			}
			keys.Write(p[:n])
		}
		dark := "unknown"
		select {
		case is, told := <-k.dark:
			if told {
				dark = map[bool]string{true: "dark", false: "light"}[is]
			}
		default:
		}
		if diff := cmp.Diff([]string{tt.keys, tt.dark}, []string{keys.String(), dark}); diff != "" {
			t.Errorf("%s: keys and background (-want +got):\n%s", tt.name, diff)
		}
		_, _ = w.Close(), r.Close()
	}
}

func TestDarkByEnvironment(t *testing.T) {
	t.Parallel()
	for value, dark := range map[string]bool{"": true, "15;0": true, "0;15": false, "0;default;15": false, "0;7": false} {
		if got := darkByEnvironment(func(string) string { return value }); got != dark {
			t.Errorf("COLORFGBG=%q: dark %v, want %v", value, got, dark)
		}
	}
}

// A terminal that never answers delays the first frame by its patience alone, no
// key that is typed meanwhile is lost, and the first poll, which does not wait for
// it, is made once, whichever ends first.
func TestOpeningOfASilentTerminal(t *testing.T) {
	t.Parallel()
	for _, pollFirst := range []bool{true, false} {
		source := &fakeSource{snapshot: night(three)}
		polls := 0
		o := &opening{keyboard: &keyboard{dark: make(chan bool)}, out: io.Discard, dark: true, open: func(dark bool) *Model {
			if !dark {
				t.Error("nothing was said, and it is taken for light")
			}
			m := New(t.Context(), Options{Source: source, Theme: themeOf(0), Keys: DefaultKeyMap(), Thresholds: conn.DefaultThresholds(), Clock: func() time.Time { return three }})
			m.after = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }
			return m
		}, poll: func() (*conn.Snapshot, error) {
			polls++
			return source.Poll(t.Context(), conn.Want{})
		}}
		o.Update(tea.WindowSizeMsg{Width: 160, Height: 40})
		o.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("2")})
		begun := o.Init()().(tea.BatchMsg)
		answer, polled := begun[0](), begun[1]()
		var model tea.Model = o
		s := &screen{t: t, now: three}
		hear := func(msg tea.Msg) {
			var cmd tea.Cmd
			if model, cmd = model.Update(msg); cmd != nil {
				s.model = model.(*Model)
				s.run(cmd)
			}
		}
		if pollFirst {
			hear(polled)
			hear(answer)
		} else {
			hear(answer)
			hear(polled)
		}
		s.shows("GUARDED")
		if s.model.at().kind != atProcesses {
			t.Error("the key that was typed before is lost")
		}
		if polls != 1 || len(source.wants) != 1 {
			t.Errorf("%d polls, %d of them before the terminal was heard; want one", len(source.wants), polls)
		}
	}
}
