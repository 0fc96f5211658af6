package ui

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

func TestPace(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, test := range []struct {
		name   string
		most   float64
		rounds []time.Duration
		asked  time.Duration
		want   time.Duration
	}{
		{"nothing known yet", 0.1, nil, time.Second, time.Second},
		{"the first rounds read and load everything", 0.1, []time.Duration{900 * ms, 500 * ms}, time.Second, time.Second},
		{"cheap enough", 0.1, []time.Duration{900 * ms, 0, 100 * ms}, time.Second, time.Second},
		{"too dear", 0.1, []time.Duration{900 * ms, 0, 150 * ms}, time.Second, 1500 * ms},
		{"rounded up", 0.1, []time.Duration{0, 0, 151 * ms}, time.Second, 1600 * ms},
		{"a longer interval is kept", 0.1, []time.Duration{0, 0, 151 * ms}, 2 * time.Second, 2 * time.Second},
		{"one cheap round among dear ones", 0.1, []time.Duration{0, 0, 200 * ms, 100 * ms}, time.Second, 1800 * ms},
		{"one dear round among cheap ones", 0.1, []time.Duration{0, 0, 50 * ms, 50 * ms, 240 * ms}, time.Second, time.Second},
		{"dear from now on", 0.1, []time.Duration{0, 0, 100 * ms, 200 * ms, 200 * ms, 200 * ms, 200 * ms, 200 * ms, 200 * ms, 200 * ms, 200 * ms}, time.Second, 1900 * ms},
		{"another share", 0.5, []time.Duration{0, 0, 1000 * ms}, time.Second, 2 * time.Second},
		{"never beyond the longest", 0.01, []time.Duration{0, 0, 10 * time.Second}, time.Second, MaxInterval},
		{"no limit", 0, []time.Duration{0, 0, 10 * time.Second}, time.Second, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var spent time.Duration
			p := pace{spent: func() time.Duration { return spent }, most: test.most}
			for _, cost := range test.rounds {
				p.begin()
				spent += cost
				p.end()
			}
			if got := p.stretch(test.asked); got != test.want {
				t.Errorf("an interval of %v stretches to %v, want %v", test.asked, got, test.want)
			}
		})
	}
}

func TestPaceWithoutAClock(t *testing.T) {
	t.Parallel()
	p := pace{most: DefaultMaxCPU}
	p.begin()
	p.end()
	if got := p.stretch(time.Second); got != time.Second {
		t.Errorf("where the cost is not known an interval of 1s stretches to %v", got)
	}
}

// TestStretchedInterval polls at a price of 200 ms of processor time: at 10 %
// of a core that is one look every two seconds, and the header says so.
func TestStretchedInterval(t *testing.T) {
	t.Parallel()
	var spent time.Duration
	s := newScreen(t, 80, 24, func(o *Options) {
		o.MaxCPU = DefaultMaxCPU
		o.Spent = func() time.Duration { spent += 200 * time.Millisecond; return spent }
	})
	var waits []time.Duration
	s.model.after = func(d time.Duration, _ func(time.Time) tea.Msg) tea.Cmd { waits = append(waits, d); return nil }
	for range 3 {
		s.poll(time.Second, nil)
	}
	if last := waits[len(waits)-1]; last != 2*time.Second {
		t.Errorf("the last wait is %v, want 2s: %v", last, waits)
	}
	if head, _, _ := strings.Cut(s.view(), "\n"); !strings.Contains(head, "every 2s (1s is over 10 % CPU)") {
		t.Errorf("the header says %q", head)
	}
	s.press("++")
	if head, _, _ := strings.Cut(s.view(), "\n"); !strings.Contains(head, "every 4s ") {
		t.Errorf("with an interval of 4s the header says %q", head)
	}
}
