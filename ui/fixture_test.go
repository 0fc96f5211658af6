package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

var three = time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)

// fakeSource hands out what a test puts into it.
type fakeSource struct {
	snapshot *conn.Snapshot
	err      error
	wants    []conn.Want
}

func (s *fakeSource) Poll(_ context.Context, want conn.Want) (*conn.Snapshot, error) {
	s.wants = append(s.wants, want)
	return s.snapshot, s.err
}

func (s *fakeSource) Process(_ context.Context, pid int32) (conn.Process, error) {
	if pid != 2210 {
		return conn.Process{}, fmt.Errorf("process %d has exited", pid)
	}
	return conn.Process{
		PID: pid, Name: "java", CommandLine: "java -jar \x1b[31mapp.jar", User: "app", Unit: "app.service",
		Started: three.Add(-50 * time.Hour), CPUPercent: 12.34, MemoryBytes: 800 << 20, OpenFDs: 412, MaxFDs: 65536, Threads: 87,
	}, nil
}

func (s *fakeSource) Detail(_ context.Context, id conn.ID) (conn.Detail, error) {
	for i := range s.snapshot.Connections {
		if c := s.snapshot.Connections[i]; c.ID() == id {
			return conn.Detail{
				Connection: c, Congestion: "cubic", SendMSS: 1448, RecvMSS: 536, PathMTU: 1500, SendCwnd: 10,
				RTTVariance: 21 * time.Microsecond, MinRTT: 44 * time.Microsecond, PacingRate: 3 << 20, DeliverRate: 1 << 20,
				Memory: conn.SocketMemory{RecvBuffer: 131072, SendBuffer: 16384, Known: true},
			}, nil
		}
	}
	return conn.Detail{}, errors.New("the connection has gone")
}

// screen drives a Model as Bubble Tea does, but at once and with a clock of its
// own: ticks never come by themselves.
type screen struct {
	t      *testing.T
	model  *Model
	source *fakeSource
	now    time.Time
	// chronicle tells what happened between the polls.
	chronicle conn.Chronicle
	copied    strings.Builder
}

func newScreen(t *testing.T, width, height int, change ...func(*Options)) *screen {
	t.Helper()
	s := &screen{t: t, now: three, source: &fakeSource{snapshot: night(three)}}
	o := Options{
		Source: s.source, Clock: func() time.Time { return s.now }, Theme: themeOf(termenv.TrueColor),
		Keys: DefaultKeyMap(), Thresholds: conn.DefaultThresholds(), Sort: conn.SortVerdict, Descending: true, Clipboard: &s.copied,
	}
	for _, c := range change {
		c(&o)
	}
	s.chronicle.Observe(s.source.snapshot, nil)
	s.model = New(t.Context(), o)
	s.model.after = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }
	s.send(tea.WindowSizeMsg{Width: width, Height: height})
	s.run(s.model.Init())
	return s
}

func themeOf(p termenv.Profile) *theme.Theme {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(p)
	r.SetHasDarkBackground(true)
	return theme.New(r, theme.Unicode())
}

func (s *screen) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			s.run(c)
		}
	default:
		s.send(msg)
	}
}

func (s *screen) send(msg tea.Msg) {
	_, cmd := s.model.Update(msg)
	s.run(cmd)
}

// press types keys by their names, and everything else letter by letter.
func (s *screen) press(keys ...string) {
	named := map[string]tea.KeyType{
		"enter": tea.KeyEnter, "esc": tea.KeyEsc, "down": tea.KeyDown, "up": tea.KeyUp, "space": tea.KeySpace, " ": tea.KeySpace,
		"home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "left": tea.KeyLeft, "right": tea.KeyRight,
		"tab": tea.KeyTab, "backspace": tea.KeyBackspace, "f1": tea.KeyF1,
		"ctrl+b": tea.KeyCtrlB, "ctrl+c": tea.KeyCtrlC, "ctrl+d": tea.KeyCtrlD, "ctrl+f": tea.KeyCtrlF, "ctrl+u": tea.KeyCtrlU,
	}
	for _, k := range keys {
		if kind, ok := named[k]; ok {
			msg := tea.KeyMsg{Type: kind}
			if kind == tea.KeySpace {
				msg.Runes = []rune{' '}
			}
			s.send(msg)
			continue
		}
		for _, r := range k {
			s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		}
	}
}

// poll lets the interval pass and answers with the connections that keep has.
func (s *screen) poll(after time.Duration, keep func(*conn.Connection) bool) {
	s.answer(after, keep, func(*conn.Snapshot) {})
}

// interrupt is a poll whose dump may have missed connections.
func (s *screen) interrupt(after time.Duration, keep func(*conn.Connection) bool) {
	s.answer(after, keep, func(next *conn.Snapshot) { next.Interrupted = true })
}

func (s *screen) answer(after time.Duration, keep func(*conn.Connection) bool, change func(*conn.Snapshot)) {
	s.now = s.now.Add(after)
	next := night(s.now)
	next.Connections = nil
	for _, c := range night(s.now).Connections {
		if keep == nil || keep(&c) {
			next.Connections = append(next.Connections, c)
		}
	}
	change(next)
	next.Events = s.chronicle.Observe(next, nil)
	s.source.snapshot = next
	s.send(tickMsg{s.model.ticking})
}

// view is the screen without its colours.
func (s *screen) view() string {
	s.t.Helper()
	view := s.model.View()
	lines := strings.Split(view, "\n")
	if len(lines) != s.model.height {
		s.t.Errorf("%d lines on a screen of %d", len(lines), s.model.height)
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w != s.model.width {
			s.t.Errorf("line %d is %d columns wide on a screen of %d: %q", i, w, s.model.width, ansi.Strip(line))
		}
	}
	return ansi.Strip(view) + "\n"
}

func (s *screen) shows(text string) {
	s.t.Helper()
	if v := s.view(); !strings.Contains(v, text) {
		s.t.Errorf("the screen lacks %q:\n%s", text, v)
	}
}

func (s *screen) lacks(text string) {
	s.t.Helper()
	if v := s.view(); strings.Contains(v, text) {
		s.t.Errorf("the screen has %q:\n%s", text, v)
	}
}

// night is a server at three in the morning: something of everything.
func night(at time.Time) *conn.Snapshot {
	host := conn.NetNS{Inode: 4026531840, Name: "host"}
	postgres := conn.Owner{PID: 8121, FD: 9, Name: "postgres"}
	java := conn.Owner{PID: 2210, FD: 61, Name: "java"}
	nginx := []conn.Owner{{PID: 900, FD: 6, Name: "nginx"}, {PID: 901, FD: 6, Name: "nginx"}}
	on := func(idle, interval time.Duration, count int) conn.Keepalive {
		return conn.Keepalive{State: conn.KeepaliveOn, Source: conn.SourceRead, Params: conn.Params{Idle: idle, Interval: interval, Count: count}}
	}
	off := conn.Keepalive{State: conn.KeepaliveOff, Source: conn.SourceRead}
	general := on(300*time.Second, 30*time.Second, 3)
	tcp := func(silent time.Duration) conn.TCP {
		return conn.TCP{
			Known: conn.TCPBase | conn.TCPBytes | conn.TCPSegments | conn.TCPNotSent | conn.TCPBytesSent, RTT: 230 * time.Microsecond,
			RTO: 204 * time.Millisecond, LastAckRecv: silent, LastDataRecv: silent, LastDataSent: silent,
			BytesSent: 4096, BytesAcked: 4096, BytesReceived: 90000, SegsIn: 70, SegsOut: 64,
		}
	}
	keepalive := func(expires time.Duration, unanswered uint8) conn.Timer {
		return conn.Timer{Kind: conn.TimerKeepalive, Expires: expires, Retries: unanswered}
	}
	cookie := uint64(100)
	c := func(state conn.State, local, remote string, change func(*conn.Connection)) conn.Connection {
		cookie++
		c := conn.Connection{
			NetNS: host, Cookie: cookie, Inode: uint32(cookie) + 5000, UID: 26, User: "app", Unit: "app.service",
			State: state, Family: conn.IPv4, Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote),
		}
		if !c.Local.Addr().Is4() {
			c.Family = conn.IPv6
		}
		change(&c)
		c.User += string('a' + rune(cookie%3))
		c.Unit += string('a' + rune(cookie%3))
		c.SeenFor, c.SeenOpen = time.Duration(cookie)*time.Second, cookie%2 == 0
		c.TCP.RTT += time.Duration(cookie) * time.Microsecond
		c.TCP.BytesSent += cookie
		c.TCP.BytesReceived += 7 * cookie
		c.TCP.TotalRetrans += uint32(cookie % 5)
		return c
	}
	established := func(local, remote string, owner conn.Owner, k conn.Keepalive, t conn.Timer, silent time.Duration) conn.Connection {
		return c(conn.StateEstablished, local, remote, func(c *conn.Connection) {
			c.Owners, c.Keepalive, c.Timer, c.TCP = []conn.Owner{owner}, k, t, tcp(silent)
		})
	}
	s := &conn.Snapshot{At: at, Took: 3 * time.Millisecond, Host: "web-01", Kernel: "6.18.4", Connections: []conn.Connection{
		c(conn.StateListen, "0.0.0.0:5432", "0.0.0.0:0", func(c *conn.Connection) {
			c.Owners, c.SendQueue, c.Keepalive = []conn.Owner{postgres}, 200, off
		}),
		c(conn.StateListen, "[::]:443", "[::]:0", func(c *conn.Connection) { c.Owners, c.SendQueue, c.RecvQueue = nginx, 511, 3 }),
		established("10.0.0.5:5432", "10.0.3.17:51544", postgres, general, keepalive(18*time.Second, 2), 372*time.Second),
		established("10.0.0.5:5432", "10.0.3.18:40112", postgres, general, keepalive(200*time.Second, 0), 41*time.Second),
		established("10.0.0.5:41022", "10.0.9.4:9092", java, off, conn.Timer{}, 2467*time.Second),
		established("10.0.0.5:41024", "10.0.9.5:9092", java, off, conn.Timer{}, 12*time.Second),
		established("10.0.0.5:41026", "10.0.9.6:9092", java, off, conn.Timer{Kind: conn.TimerRetransmit, Expires: 9 * time.Second, Retries: 6}, 31*time.Second),
		established("10.0.0.5:41028", "10.0.9.7:9092", java, on(2*time.Hour, 75*time.Second, 9), keepalive(90*time.Minute, 0), 30*time.Minute),
		established("[2001:db8::5]:443", "[2001:db8:77::1f]:61022", nginx[0], conn.InferKeepalive(conn.StateEstablished, keepalive(0, 0)), keepalive(55*time.Second, 0), 5*time.Second),
		established("[::ffff:10.0.0.5]:443", "[::ffff:203.0.113.9]:50001", nginx[0], conn.Keepalive{}, conn.Timer{Kind: conn.TimerZeroWindow, Expires: 3 * time.Second}, 2*time.Second),
		c(conn.StateCloseWait, "10.0.0.5:41030", "10.0.9.8:8080", func(c *conn.Connection) {
			c.Owners, c.Keepalive, c.TCP = []conn.Owner{java}, off, tcp(7*time.Hour)
		}),
		c(conn.StateSynSent, "10.0.0.5:41032", "192.0.2.1:443", func(c *conn.Connection) {
			c.Owners, c.Timer = []conn.Owner{java}, conn.Timer{Kind: conn.TimerRetransmit, Expires: time.Second, Retries: 1}
		}),
		c(conn.StateSynRecv, "10.0.0.5:443", "198.51.100.7:1025", func(c *conn.Connection) {
			c.Inode, c.Timer = 0, conn.Timer{Kind: conn.TimerRetransmit, Expires: time.Second, Retries: 2}
		}),
		c(conn.StateTimeWait, "10.0.0.5:41000", "10.0.9.4:9092", func(c *conn.Connection) {
			c.Inode, c.User, c.Timer = 0, "", conn.Timer{Kind: conn.TimerTimeWait, Expires: 43 * time.Second}
		}),
		c(conn.StateFinWait2, "10.0.0.5:443", "198.51.100.8:40000", func(c *conn.Connection) {
			c.Inode, c.Timer = 0, conn.Timer{Kind: conn.TimerFinWait, Expires: 29 * time.Second}
		}),
		established("127.0.0.1:6379", "127.0.0.1:50100", conn.Owner{PID: 77, FD: 8, Name: "redis\x1b[2J"}, general, keepalive(100*time.Second, 0), 100*time.Millisecond),
	}}
	s.Namespaces = []conn.Namespace{{
		NetNS:    host,
		Sysctls:  conn.Sysctls{Keepalive: conn.Params{Idle: 7200 * time.Second, Interval: 75 * time.Second, Count: 9}, MaxTimeWait: 131072, PortRange: [2]uint16{32768, 60999}, Known: true},
		Sockets:  conn.SocketStat{InUse: 14, TimeWait: 1, Known: true},
		Counters: conn.Counters{KeepaliveProbes: uint64(at.Unix()) * 3, ActiveOpens: uint64(at.Unix()), RetransSegs: uint64(at.Unix()) * 2, ListenOverflows: 12, ListenDrops: 14, Known: true},
	}}
	return s
}

// contain polls a host on which every third connection is in a container.
func (s *screen) contain() {
	s.now = s.now.Add(time.Second)
	next := night(s.now)
	container := next.Namespaces[0]
	container.NetNS = conn.NetNS{Inode: 4026532001, Name: "docker:0123456789ab"}
	next.Namespaces = append(next.Namespaces, container)
	for i := range next.Connections {
		if i%3 == 0 {
			next.Connections[i].NetNS = container.NetNS
		}
	}
	s.source.snapshot = next
	s.send(tickMsg{s.model.ticking})
}
