package ui

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
)

// TestKeysOfEveryStage holds that the keys of a stage do something there, each
// of them, and that all others do nothing.
func TestKeysOfEveryStage(t *testing.T) {
	t.Parallel()
	for _, tt := range stagesOfManual {
		t.Run(tt.title, func(t *testing.T) {
			t.Parallel()
			listed := map[string]bool{}
			for _, binding := range onStage(t, tt.stage).screen.model.keys.on(tt.stage) {
				works := false
				for _, k := range binding.Keys() {
					if !listed[k] {
						listed[k] = true
						works = works || doesSomething(t, tt.stage, k)
					}
				}
				if own := ownView(tt.stage); !works && !slices.Contains(binding.Keys(), own) {
					t.Errorf("%v (%s) does nothing", binding.Keys(), binding.Help().Desc)
				}
			}
			if tt.stage == onFilter {
				return // all others are text
			}
			s := onStage(t, tt.stage)
			for _, k := range everyKey() {
				if before := s.state(); !listed[k] {
					s.screen.press(k)
					if s.state() != before {
						t.Fatalf("%q does something, and is not among the keys", k)
					}
				}
			}
		})
	}
}

// ownView is the key of the view that a stage is: it leads where one is.
func ownView(s stage) string {
	if s <= onAdvice {
		return fmt.Sprint(int(s) + 1)
	}
	return ""
}

// everyKey is every key of every binding.
func everyKey() []string {
	keys := reflect.ValueOf(DefaultKeyMap())
	var all []string
	for i := range keys.NumField() {
		binding, _ := keys.Field(i).Interface().(key.Binding)
		all = append(all, binding.Keys()...)
	}
	return all
}

// doesSomething presses a key where it stands in the middle, at the first and at
// the last of what there is: keys that move do nothing at an end.
func doesSomething(t *testing.T, at stage, k string) bool {
	t.Helper()
	for _, first := range [][]string{nil, {"end"}, {"down", "pgdown"}} {
		s := onStage(t, at)
		if first != nil && (at == onFilter || at == onRunning) {
			continue
		}
		for _, k := range first {
			s.state() // draws: a page scrolls as far as it was drawn
			s.screen.press(k)
		}
		before := s.state()
		s.screen.press(k)
		if s.state() != before {
			return true
		}
	}
	return false
}

// staged is a screen that was brought to a stage.
type staged struct {
	screen     *screen
	controller *fakeController
	stopped    bool // an action was asked to stop
}

// state is all that a key can change, words at the foot excepted: those say why
// a key does nothing.
func (s *staged) state() string {
	m := s.screen.model
	m.notice = notice{}
	picked := 0
	if m.action != nil {
		picked = m.action.form.picked
	}
	return fmt.Sprint(m.View(), picked, s.screen.copied.String(), s.controller.asked, m.quitting, len(m.trail), m.stage(), s.stopped)
}

// onStage brings a screen with many of everything to a stage.
func onStage(t *testing.T, at stage) *staged {
	t.Helper()
	s, f := acting(t, 100, 16)
	staged := &staged{screen: s, controller: f}
	for i := range 15 {
		f.actions[1].Results = append(f.actions[1].Results, f.actions[1].Results[0])
		f.actions = append(f.actions, f.actions[i%3])
	}
	s.source.snapshot = manyOfAll(three.Add(time.Second))
	s.now = s.source.snapshot.At
	s.send(tickMsg{s.model.ticking})
	s.press("/", "-pid:1", "enter", "space", "space") // a filter to take away, and marks
	for _, k := range map[stage][]string{
		onProcesses: {"2"}, onListeners: {"3"}, onTimeWait: {"4"}, onEvents: {"5"}, onAdvice: {"6"},
		onConnection: {"enter"}, onEnded: {"5", "tab", "enter"}, onHelp: {"?"}, onJournal: {"J", "down"}, onColumns: {"c"}, onFilter: {"/", " x"}, onForm: {"K", "down"},
		onQuestion: {"a", "x"}, onUndoQuestion: {"u"}, onReport: {"a", "x", "y"}, onRunning: {"x"},
	}[at] {
		s.press(k)
	}
	if at == onRunning {
		s.model.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'y'}}) // its command is left waiting
		s.model.action.cancel = func() { staged.stopped = true }
	}
	if got := s.model.stage(); got != at {
		t.Fatalf("on stage %d, want %d", got, at)
	}
	return staged
}

// manyOfAll is a night with so much of everything that no list fits the screen.
func manyOfAll(at time.Time) *conn.Snapshot {
	s := night(at)
	host := s.Namespaces[0].NetNS
	add := func(change func(*conn.Connection)) {
		c := conn.Connection{NetNS: host, Cookie: uint64(20000 + len(s.Connections)), Inode: 1, Family: conn.IPv4}
		change(&c)
		s.Connections = append(s.Connections, c)
	}
	here := netip.MustParseAddr("10.0.0.5")
	for i := range uint16(14) {
		there := netip.AddrFrom4([4]byte{10, 2, 0, byte(i)})
		owner := []conn.Owner{{PID: 3000 + int32(i), FD: 3, Name: fmt.Sprintf("worker-%d", i)}}
		add(func(c *conn.Connection) {
			c.State, c.Local, c.SendQueue, c.Owners = conn.StateListen, netip.AddrPortFrom(here, 2000+i), 10, owner
		})
		add(func(c *conn.Connection) { // towards a destination of its own
			c.State, c.Inode, c.Timer = conn.StateTimeWait, 0, conn.Timer{Kind: conn.TimerTimeWait, Expires: time.Second}
			c.Local, c.Remote = netip.AddrPortFrom(here, 40000+i), netip.AddrPortFrom(there, 80)
		})
		add(func(c *conn.Connection) { // unguarded
			c.State, c.Owners, c.Keepalive = conn.StateEstablished, owner, conn.Keepalive{State: conn.KeepaliveOff, Source: conn.SourceRead}
			c.Local, c.Remote = netip.AddrPortFrom(here, 2000+i), netip.AddrPortFrom(there, 50000)
			c.TCP = conn.TCP{Known: conn.TCPBase, LastAckRecv: time.Hour}
		})
		e := conn.Event{At: at, Kind: conn.EventDied, Connection: s.Connections[len(s.Connections)-1]}
		e.Ending = conn.Ending{Cause: conn.CauseReset, Source: conn.SourceInferred, Evidence: "one side sent a RST"}
		e.Connection.Cookie += 10000
		if i%2 == 0 {
			e.Kind, e.Ending = conn.EventOpened, conn.Ending{}
		}
		s.Events = append(s.Events, e)
	}
	return s
}
