package ui

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/katop/katop/conn"
)

// TestFindingGoes follows a finding to its connections, turns keepalive on for
// them, and sees it gone at the next refresh.
func TestFindingGoes(t *testing.T) {
	t.Parallel()
	s, f := acting(t, 120, 40)
	s.press("6", "down")
	s.shows("java: 2 connections to :9092 without keepalive, oldest silent 41 m 7 s")
	s.press("K")
	s.shows("open a row first")
	s.press("enter")
	s.shows("› java: 2 connections to :9092")
	s.shows("2 of 16")
	s.press("K", "tab", "enter", "y")
	if len(f.targets) != 2 || f.targets[0].Owners[0].Name != "java" || f.targets[1].Remote.Port() != 9092 {
		t.Fatalf("acted on %v", f.targets)
	}
	general := conn.Profiles()[0].Setting()
	if f.setting != general {
		t.Fatalf("set %+v, want %+v", f.setting, general)
	}
	s.press("enter")
	guarded := func(c *conn.Connection) bool {
		for i := range f.targets {
			if c.ID() == f.targets[i].ID() {
				c.Keepalive = general.Over(c.Keepalive)
			}
		}
		return true
	}
	s.poll(time.Second, guarded)
	s.shows("0 of 16")
	s.press("esc")
	s.lacks("without keepalive")
	s.shows("java: dead servers behind :9092") // the others stay
}

// TestCursorStaysWithItsFinding comes back from the connections of a finding.
func TestCursorStaysWithItsFinding(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("6", "down", "down", "enter", "enter")
	s.shows("detects in")
	s.press("esc", "esc")
	if f, _ := s.model.findings.chosen(); f == nil || f.Kind != conn.FindingSlowDetection {
		t.Errorf("the cursor is on %+v", f)
	}
	s.press("/", "proc:nginx", "enter")
	s.shows("nothing matches the filter")
}

// TestRemedies goes round the remedies of a finding and copies one.
func TestRemedies(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.press("6", "down")
	f, _ := s.model.findings.chosen()
	for i := range len(f.Remedies) + 1 {
		want := f.Remedies[i%len(f.Remedies)]
		s.copied.Reset()
		s.press("y")
		s.shows("remedy sent to the clipboard: " + want.Name)
		sent := strings.TrimSuffix(strings.TrimPrefix(s.copied.String(), "\x1b]52;c;"), "\a")
		if text, err := base64.StdEncoding.DecodeString(sent); err != nil || string(text) != want.Text {
			t.Errorf("%q was sent (%v), want %q", text, err, want.Text)
		}
		s.press("tab")
	}
	s.press("up", "y")
	s.shows("clipboard: katop, for those that are there")
}
