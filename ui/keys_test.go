package ui

import (
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// TestKeysOfOneRead types faster than the screen reads, and pastes.
func TestKeysOfOneRead(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("fq"), Paste: true})
	if s.model.frozen || s.model.quitting {
		t.Error("pasted text was taken for keys")
	}
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("jj/proc:java")})
	s.shows("6 of 16")
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(" ka:on"), Paste: true})
	s.shows("1 of 16")
	s.press("enter", "enter")
	s.shows("› 10.0.0.5:41028")
	s.send(tea.KeyMsg{Type: tea.KeyEsc, Alt: true})
	s.shows("16 of 16")
}

func TestCopy(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("y")
	if got, want := s.copied.String(), "\x1b]52;c;MTAuMC4zLjE3OjUxNTQ0\x07"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
	s.shows("sent to the clipboard: 10.0.3.17:51544")
	s.copied.Reset()
	s.press("Y")
	if got, want := s.copied.String(), "\x1b]52;c;ODEyMQ==\x07"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
	s.press("/", "state:time-wait", "enter", "Y")
	s.shows("no process is known here")
}

func TestQuit(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 80, 24)
	_, cmd := s.model.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'q'}})
	if cmd == nil || cmd() != (tea.QuitMsg{}) {
		t.Error("q does not quit")
	}
}

// TestHelpComesFromTheBindings changes a key and looks for it.
func TestHelpComesFromTheBindings(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 200, 60, func(o *Options) { o.Keys.Freeze.SetHelp("Z", "hold still") })
	s.press("?")
	s.shows("Z        hold still")
}

// TestKeysWaitForTheirRows types ahead of what the screen shows: keys that are
// about rows are for those that were asked for.
func TestKeysWaitForTheirRows(t *testing.T) {
	t.Parallel()
	s, f := acting(t, 120, 40)
	var waiting []tea.Cmd
	ahead := func(msgs ...tea.KeyMsg) {
		for _, msg := range msgs {
			_, cmd := s.model.Update(msg)
			waiting = append(waiting, cmd)
		}
	}
	runes := func(text string) tea.KeyMsg { return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text)} }
	enter := tea.KeyMsg{Type: tea.KeyEnter}
	ahead(runes("/proc:java ka:on"), enter, runes("a"), runes("x"), runes("y"))
	if len(f.asked) != 0 || s.model.action != nil {
		t.Fatal("acted on what was shown before")
	}
	for _, cmd := range waiting {
		s.run(cmd)
	}
	if len(f.targets) != 1 || f.targets[0].Remote.String() != "10.0.9.7:9092" {
		t.Errorf("%v of %v", f.asked, f.targets)
	}
	s.shows("1 done")
}

// TestFrozenStillAnswers freezes the screen while both a filter and a snapshot
// are under way: what was asked is answered from the frozen snapshot.
func TestFrozenStillAnswers(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	_, filtered := s.model.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("/proc:java")})
	_, polled := s.model.Update(polledMsg{snapshot: night(three.Add(time.Second))})
	s.press("enter", "f")
	s.run(filtered)
	s.run(polled)
	s.shows("6 of 16")
	s.press("K", "esc") // and no key waits for ever
	s.shows("java")
}
