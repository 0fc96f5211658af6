package ui

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"github.com/katop/katop/conn"
)

// crowd is the connections of night, n of them, each with addresses and an
// identity of its own.
func crowd(n int, at time.Time) *conn.Snapshot {
	s := night(at)
	few := s.Connections
	s.Connections = make([]conn.Connection, n)
	for i := range s.Connections {
		c := few[i%len(few)]
		c.Cookie, c.Inode = uint64(i+1), uint32(i+1)
		c.Remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), uint16(i))
		c.TCP.LastAckRecv = time.Duration(i*7919%100000) * time.Millisecond
		s.Connections[i] = c
	}
	return s
}

func benchmarkSizes(b *testing.B, run func(b *testing.B, n int)) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("connections=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			run(b, n)
		})
	}
}

func crowdedModel(b *testing.B, n int) *Model {
	m := New(b.Context(), Options{
		Source: &fakeSource{snapshot: night(three)}, Theme: themeOf(termenv.TrueColor), Keys: DefaultKeyMap(), Sort: conn.SortVerdict, Descending: true,
		Thresholds: conn.DefaultThresholds(), Clock: func() time.Time { return three },
	})
	m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
	m.Update(m.takeIn(crowd(n, three))())
	return m
}

// BenchmarkFrame is one whole frame of 200×60: it must not depend on the number
// of connections.
func BenchmarkFrame(b *testing.B) {
	benchmarkSizes(b, func(b *testing.B, n int) {
		m := crowdedModel(b, n)
		for b.Loop() {
			m.View()
		}
	})
}

// BenchmarkViewFrame is the same for the other views, a program burning through
// its ports among them.
func BenchmarkViewFrame(b *testing.B) {
	for view := ViewProcesses; view <= ViewAdvice; view++ {
		b.Run(ViewNames()[view], func(b *testing.B) {
			benchmarkSizes(b, func(b *testing.B, n int) {
				m := crowdedModel(b, n)
				m.trail = []place{views()[view]}
				m.Update(m.rearrange()())
				for b.Loop() {
					m.View()
				}
			})
		})
	}
}

// BenchmarkArrange is what a fresh snapshot costs aside where a view shows more
// than connections.
func BenchmarkArrange(b *testing.B) {
	for view := ViewListeners; view <= ViewAdvice; view++ {
		b.Run(ViewNames()[view], func(b *testing.B) {
			benchmarkSizes(b, func(b *testing.B, n int) {
				m := crowdedModel(b, n)
				m.trail = []place{views()[view]}
				next := crowd(n, three.Add(time.Second))
				for b.Loop() {
					m.takeIn(next)()
				}
			})
		})
	}
}

// BenchmarkKey is a key that moves the cursor, and the frame that answers it.
func BenchmarkKey(b *testing.B) {
	benchmarkSizes(b, func(b *testing.B, n int) {
		m := crowdedModel(b, n)
		for b.Loop() {
			m.Update(tea.KeyMsg{Type: tea.KeyDown})
			m.View()
		}
	})
}

// BenchmarkKeys is the time that the screen stands still for a key and the frame
// that answers it; what the key asks for aside is not in it, but taking its answer
// in is.
func BenchmarkKeys(b *testing.B) {
	const n = 100_000
	for _, keys := range []string{"j", "G", "r", ">", "1", "2", "3", "4", "5", "6", "a", "aK", "aK\t", "ax", "ap", "u", "J", "/", "/:", "\r", "\r\x1b", " ", "f", "?", "c"} {
		b.Run(fmt.Sprintf("keys=%q", keys), func(b *testing.B) {
			var longest time.Duration
			for b.Loop() {
				b.StopTimer()
				m := crowdedModel(b, n)
				m.controller = &fakeController{}
				m.keys.setActing(true)
				m.View()
				b.StartTimer()
				longest = max(longest, m.stands(keys))
			}
			b.ReportMetric(float64(longest.Microseconds())/1000, "ms-longest")
		})
	}
}

// stands is the longest time that the program's goroutine took for one message
// and its frame, while keys were pressed.
func (m *Model) stands(keys string) (longest time.Duration) {
	var send func(tea.Msg)
	send = func(msg tea.Msg) {
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, cmd := range batch {
				if cmd != nil {
					send(cmd())
				}
			}
			return
		}
		began := time.Now()
		_, cmd := m.Update(msg)
		m.View()
		longest = max(longest, time.Since(began))
		if cmd != nil {
			send(cmd())
		}
	}
	m.after = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }
	for _, r := range keys {
		switch r {
		case '\r':
			send(tea.KeyMsg{Type: tea.KeyEnter})
		case '\x1b':
			send(tea.KeyMsg{Type: tea.KeyEsc})
		case '\t':
			send(tea.KeyMsg{Type: tea.KeyTab})
		default:
			send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		}
	}
	return longest
}

// BenchmarkIntake is what a fresh snapshot costs aside, in its command: summary,
// differences, rates, filter, order, groups.
func BenchmarkIntake(b *testing.B) {
	benchmarkSizes(b, func(b *testing.B, n int) {
		m := crowdedModel(b, n)
		next := crowd(n, three.Add(time.Second))
		for b.Loop() {
			m.takeIn(next)()
		}
	})
}
