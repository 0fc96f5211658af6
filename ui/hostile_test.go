package ui

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/internal/golden"
)

// haunt polls a host on which a process has renamed itself, and with it the
// network namespace that is called by it.
func (s *screen) haunt() {
	s.now = s.now.Add(time.Second)
	next := night(s.now)
	const name = "\x15echo HI #\n\x1b[2J"
	next.Namespaces[0].NetNS.Name = name + "/1"
	for i := range next.Connections {
		c := &next.Connections[i]
		c.NetNS, c.Unit = next.Namespaces[0].NetNS, name
		if len(c.Owners) > 0 {
			c.Owners = []conn.Owner{{PID: 2210, FD: 61, Name: name}}
		}
	}
	s.source.snapshot = next
	s.send(tickMsg{s.model.ticking})
}

// TestHostileNames holds that names reach neither the terminal nor the clipboard
// as anything but text.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	for _, view := range []string{"1", "2", "3", "4", "5", "6"} {
		s := newScreen(t, 120, 40)
		s.haunt()
		s.press(view)
		if raw := s.model.View(); strings.ContainsAny(raw, "\x15\a\r") || strings.Contains(raw, "\x1b[2J") {
			t.Errorf("view %s: %q", view, raw)
		}
		if view == "3" || view == "4" {
			golden.Check(t, "hostile-"+view+".golden", s.view())
		}
	}
	s := newScreen(t, 120, 40)
	s.haunt()
	s.press("6")
	for range s.model.findings.Len() {
		f, _ := s.model.findings.chosen()
		for range f.Remedies {
			s.copied.Reset()
			s.press("y")
			sent := strings.TrimSuffix(strings.TrimPrefix(s.copied.String(), "\x1b]52;c;"), "\a")
			text, err := base64.StdEncoding.DecodeString(sent)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.SplitSeq(string(text), "\n") {
				if conn.Printable(line) != line || strings.HasPrefix(line, "echo") {
					t.Errorf("%s: %q was sent", f.Title, text)
				}
			}
			s.press("tab")
		}
		s.press("down")
	}
}
