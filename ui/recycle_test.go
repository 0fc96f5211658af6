package ui

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"github.com/katop/katop/conn"
)

// poisoner is a source that overwrites every snapshot that it gets back: whoever
// still looks at it shows nonsense, or races with it.
type poisoner struct {
	fakeSource
	mu        sync.Mutex // of what polls, looks and takes back
	polls     int
	recycled  int
	keep      bool // hand out new memory each time, and poison nothing
	chronicle conn.Chronicle
}

// Poll hands out a host of which some connections come and go with every poll.
func (p *poisoner) Poll(context.Context, conn.Want) (*conn.Snapshot, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.polls++
	next := night(three.Add(time.Duration(p.polls) * time.Second))
	kept := next.Connections[:0]
	for i, c := range next.Connections {
		if (i+p.polls)%5 != 0 {
			kept = append(kept, c)
		}
	}
	next.Connections = kept
	next.Events = p.chronicle.Observe(&conn.Snapshot{
		At: next.At, Connections: append([]conn.Connection(nil), kept...), Namespaces: next.Namespaces,
	}, nil)
	p.snapshot = next
	return next, nil
}

// Detail looks through the newest snapshot, as a Collector does.
func (p *poisoner) Detail(ctx context.Context, id conn.ID) (conn.Detail, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fakeSource.Detail(ctx, id)
}

func (p *poisoner) recycle(s *conn.Snapshot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keep {
		return
	}
	p.recycled++
	if s == p.snapshot {
		panic("the newest snapshot was handed back")
	}
	for i := range s.Connections {
		s.Connections[i] = conn.Connection{
			Cookie: uint64(i), State: conn.StateEstablished, User: "POISON", RemoteName: "POISON", Unit: "POISON",
			Owners: []conn.Owner{{PID: 666, Name: "POISON"}}, Local: netip.MustParseAddrPort("6.6.6.6:666"), Remote: netip.MustParseAddrPort("6.6.6.6:666"),
		}
	}
}

// poisoned is a screen whose snapshots are overwritten as soon as they are handed
// back, or never.
func poisoned(t *testing.T, keep bool) (*screen, *poisoner) {
	t.Helper()
	p := &poisoner{keep: keep}
	s := newScreen(t, 160, 40, func(o *Options) {
		o.Source, o.Recycle, o.Controller = p, p.recycle, &fakeController{}
	})
	return s, p
}

// Whatever is on the screen when a snapshot is handed back, it stays as it is:
// every view, page and dialog, the cursor moved and the screen frozen.
func TestNothingShowsWhatWasHandedBack(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{
		{}, {"2"}, {"3"}, {"4"}, {"5", "tab"}, {"6", "enter"},
		{"down", "enter"}, {"2", "enter"}, {"2", "enter", "enter"}, {"3", "enter"}, {"4", "enter"}, {"5", "enter"},
		{">", "r"}, {"/", ":443", "enter"}, {"f"}, {"?"}, {"J"}, {"c"}, {"a"}, {"a", "K"}, {"a", "x"}, {"a", "x", "tab"}, {"down", "K"},
		{"a", "K", "enter", "y"}, {"a", "p", "y"}, {"space", "space", "x"}, {"down", "enter", "f"}, {"p"},
	} {
		t.Run(strings.Join(keys, " "), func(t *testing.T) {
			t.Parallel()
			var frames [2][]string
			for i, keep := range []bool{true, false} {
				s, p := poisoned(t, keep)
				look := func() { frames[i] = append(frames[i], s.view()) }
				next := func() {
					s.now = s.now.Add(time.Second)
					s.send(tickMsg{s.model.ticking})
					look()
				}
				next()
				next()
				for _, k := range keys {
					s.press(k)
					look()
				}
				next()
				next()
				s.press("f")
				next()
				s.press("down", "esc", "1")
				next()
				if !keep && p.recycled == 0 {
					t.Error("nothing was handed back")
				}
			}
			for n := range frames[0] {
				if frames[0][n] != frames[1][n] {
					t.Fatalf("frame %d with snapshots that are used again:\n%s\nwithout:\n%s", n, frames[1][n], frames[0][n])
				}
			}
		})
	}
}

// Commands run beside the screen and end in any order. What is handed back is
// overwritten at once, which the race detector sees if anybody still reads it,
// and the screen never shows it.
func TestHandBackBesideCommands(t *testing.T) {
	t.Parallel()
	p := &poisoner{}
	m := New(t.Context(), Options{
		Source: p, Recycle: p.recycle, Controller: &fakeController{},
		Theme: themeOf(termenv.Ascii), Keys: DefaultKeyMap(), Thresholds: conn.DefaultThresholds(), Clock: func() time.Time { return three },
	})
	m.after = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }
	answers, under := make(chan tea.Msg), 0
	start := func(cmd tea.Cmd) {
		if cmd != nil {
			under++
			go func() { answers <- cmd() }()
		}
	}
	update := func(msg tea.Msg) {
		_, cmd := m.Update(msg)
		start(cmd)
		if view := m.View(); strings.Contains(view, "POISON") {
			t.Fatalf("shown after it was handed back:\n%s", view)
		}
	}
	update(tea.WindowSizeMsg{Width: 160, Height: 40})
	start(m.Init())
	r := rand.New(rand.NewPCG(7, 11))
	keys := []rune("jjkG123456>r<aKxnf")
	const steps = 150
	for step := 0; step < steps || under > 0; step++ {
		if step < steps && r.IntN(3) == 0 {
			update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{keys[r.IntN(len(keys))]}})
			update(tea.KeyMsg{Type: []tea.KeyType{tea.KeyEnter, tea.KeyEsc, tea.KeyTab}[r.IntN(3)]})
		}
		if step < steps && !m.polling {
			update(tickMsg{m.ticking})
		}
		if under == 0 {
			continue
		}
		under--
		switch msg := (<-answers).(type) {
		case nil:
		case tea.BatchMsg:
			for _, cmd := range msg {
				start(cmd)
			}
		default:
			update(msg)
		}
	}
	if p.recycled < 10 {
		t.Errorf("%d snapshots of %d handed back", p.recycled, p.polls)
	}
}
