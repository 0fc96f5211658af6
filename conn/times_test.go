package conn

import (
	"testing"
	"time"
)

const sec = time.Second

// established is a connection whose options were read, keepalive on.
func established(p Params, userTimeout, silent time.Duration, t Timer) Connection {
	return Connection{
		State:     StateEstablished,
		Timer:     t,
		Keepalive: Keepalive{State: KeepaliveOn, Source: SourceRead, Params: p, UserTimeout: userTimeout},
		TCP: TCP{
			Known: TCPBase | TCPBytes | TCPBytesSent, LastAckRecv: silent,
			LastDataRecv: 90 * time.Hour, BytesReceived: 0, BytesSent: 1,
		},
	}
}

type known struct {
	d  time.Duration
	ok bool
}

func got(d time.Duration, ok bool) known { return known{d, ok} }

var unknown = known{}

func TestSilentFor(t *testing.T) {
	t.Parallel()
	info := func(recv, ack time.Duration, received uint64) TCP {
		return TCP{Known: TCPBase | TCPBytes, LastDataRecv: recv, LastAckRecv: ack, BytesReceived: received}
	}
	for _, tt := range []struct {
		name string
		c    Connection
		want known
	}{
		{"data is newer than the last ACK", Connection{State: StateEstablished, TCP: info(2*sec, 9*sec, 10)}, known{2 * sec, true}},
		{"an ACK is newer than the last data", Connection{State: StateEstablished, TCP: info(9*sec, 2*sec, 10)}, known{2 * sec, true}},
		{"before any data its field means nothing", Connection{State: StateEstablished, TCP: info(1*sec, 4*sec, 0)}, known{4 * sec, true}},
		{"without tcp_info", Connection{State: StateTimeWait}, unknown},
		{"a listener has no peer", Connection{State: StateListen, TCP: info(0, 0, 0)}, unknown},
		{"no peer has been heard yet", Connection{State: StateSynSent, TCP: info(0, 0, 0)}, unknown},
	} {
		if g := got(tt.c.SilentFor()); g != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, g, tt.want)
		}
	}
}

// TestTimes has a row for each case of the table in RFC-like words: what the
// kernel would do with such a socket from the moment of the dump on.
func TestTimes(t *testing.T) {
	t.Parallel()
	general := Params{Idle: 300 * sec, Interval: 30 * sec, Count: 3}
	short := Params{Idle: 3 * sec, Interval: 2 * sec, Count: 4}
	keepalive := func(expires time.Duration, unanswered uint8) Timer {
		return Timer{Kind: TimerKeepalive, Expires: expires, Retries: unanswered}
	}
	for _, tt := range []struct {
		name                string
		c                   Connection
		next, dies, detects known
		left                int // -1: not known
	}{
		{
			"idle and no traffic since the timer was set: both ends agree",
			established(general, 0, 100*sec, keepalive(200*sec, 0)),
			known{200 * sec, true}, unknown, known{390 * sec, true}, 3,
		},
		{
			"traffic since: the timer fires first and sleeps again",
			established(general, 0, 10*sec, keepalive(200*sec, 0)),
			known{290 * sec, true}, unknown, known{390 * sec, true}, 3,
		},
		{
			"keepalive switched on late: the timer decides",
			established(general, 0, 1000*sec, keepalive(250*sec, 0)),
			known{250 * sec, true}, unknown, known{390 * sec, true}, 3,
		},
		{
			"one unanswered of three",
			established(general, 0, 312*sec, keepalive(18*sec, 1)),
			known{18 * sec, true}, known{78 * sec, true}, known{390 * sec, true}, 2,
		},
		{
			"all unanswered: no probe follows, the next firing ends it",
			established(general, 0, 380*sec, keepalive(10*sec, 3)),
			unknown, known{10 * sec, true}, known{390 * sec, true}, 0,
		},
		{
			"count was lowered below what is unanswered already",
			established(Params{general.Idle, general.Interval, 1}, 0, 380*sec, keepalive(10*sec, 3)),
			unknown, known{10 * sec, true}, known{330 * sec, true}, 0,
		},
		{
			"user timeout beyond count: count is ignored (measured: 9.2 s for 3/2/9 and 7.5 s)",
			established(Params{3 * sec, 2 * sec, 9}, 7500*time.Millisecond, 3*sec, keepalive(2*sec, 1)),
			known{2 * sec, true}, known{6 * sec, true}, known{9 * sec, true}, -1,
		},
		{
			"user timeout reached at the next firing",
			established(Params{3 * sec, 2 * sec, 9}, 7500*time.Millisecond, 8*sec, keepalive(1*sec, 3)),
			unknown, known{1 * sec, true}, known{9 * sec, true}, -1,
		},
		{
			"user timeout reached exactly at a firing",
			established(short, 7*sec, 3*sec, keepalive(2*sec, 1)),
			known{2 * sec, true}, known{4 * sec, true}, known{7 * sec, true}, -1,
		},
		{
			"user timeout shorter than idle: one probe must be unanswered all the same",
			established(short, 1*sec, 3*sec, keepalive(2*sec, 1)),
			unknown, known{2 * sec, true}, known{5 * sec, true}, -1,
		},
		{
			"parameters not known: nothing is guessed",
			func() Connection {
				c := established(general, 0, 1*sec, keepalive(5*sec, 0))
				c.Keepalive = InferKeepalive(c.State, c.Timer)
				return c
			}(),
			unknown, unknown, unknown, -1,
		},
		{
			"parameters not known but a probe is out: the timer says when the next is due",
			func() Connection {
				c := established(general, 0, 1*sec, keepalive(5*sec, 1))
				c.Keepalive = InferKeepalive(c.State, c.Timer)
				return c
			}(),
			known{5 * sec, true}, unknown, unknown, -1,
		},
		{
			"keepalive off",
			func() Connection {
				c := established(general, 0, 1*sec, Timer{})
				c.Keepalive.State = KeepaliveOff
				return c
			}(),
			unknown, unknown, known{Never, true}, -1,
		},
		{
			"a retransmit timer hides the keepalive timer",
			established(general, 0, 1*sec, Timer{Kind: TimerRetransmit, Expires: sec, Retries: 2}),
			unknown, unknown, known{390 * sec, true}, -1,
		},
		{
			"the timer of an orphan in FIN-WAIT-2 is not keepalive",
			Connection{State: StateFinWait2, Timer: Timer{Kind: TimerFinWait, Expires: 40 * sec}},
			unknown, unknown, unknown, -1,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if g := got(tt.c.NextProbe()); g != tt.next {
				t.Errorf("next probe %v, want %v", g, tt.next)
			}
			if g := got(tt.c.DiesIn()); g != tt.dies {
				t.Errorf("dies in %v, want %v", g, tt.dies)
			}
			if g := got(tt.c.DetectsIn()); g != tt.detects {
				t.Errorf("detects in %v, want %v", g, tt.detects)
			}
			left := -1
			if n, ok := tt.c.Left(); ok {
				left = n
			}
			if left != tt.left {
				t.Errorf("left %d, want %d", left, tt.left)
			}
		})
	}
}

func TestDiesInOfRetransmission(t *testing.T) {
	t.Parallel()
	base := established(Params{300 * sec, 30 * sec, 3}, 10*sec, 8*sec, Timer{Kind: TimerRetransmit, Expires: sec, Retries: 3})
	base.TCP.Known |= TCPRTOTime
	base.TCP.Retransmits, base.TCP.RTORecoveries, base.TCP.RTOTime = 3, 1, 6*sec
	for _, tt := range []struct {
		name   string
		change func(*Connection)
		want   known
	}{
		{"first recovery: the kernel says how long it lasts", func(*Connection) {}, known{4 * sec, true}},
		{"overdue", func(c *Connection) { c.TCP.RTOTime = 11 * sec }, known{0, true}},
		{"a later recovery: earlier ones are in the sum", func(c *Connection) { c.TCP.RTORecoveries = 2 }, unknown},
		{"an older kernel does not say", func(c *Connection) { c.TCP.Known &^= TCPRTOTime }, unknown},
		{"no user timeout: tcp_retries2 decides, not told", func(c *Connection) { c.Keepalive.UserTimeout = 0 }, unknown},
		{"the first timeout has not passed", func(c *Connection) { c.TCP.Retransmits = 0 }, unknown},
		{"options not read", func(c *Connection) { c.Keepalive = Keepalive{} }, unknown},
	} {
		c := base
		tt.change(&c)
		if g := got(c.DiesIn()); g != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, g, tt.want)
		}
	}
}

// TestKernelDefaults holds the figure of tcp(7): 7200 + 75 × 9.
func TestKernelDefaults(t *testing.T) {
	t.Parallel()
	if d := (Params{7200 * sec, 75 * sec, 9}).DetectsIn(0); d != 7875*sec {
		t.Errorf("the kernel's defaults detect in %v, want 2h11m15s", d)
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	quiet := TCP{Known: TCPBase | TCPBytesSent, LastDataSent: 70 * sec}
	spoken := quiet
	spoken.BytesSent = 1
	for _, tt := range []struct {
		name string
		c    Connection
		want known
	}{
		{"seen opening", Connection{State: StateEstablished, SeenOpen: true, SeenFor: 3 * sec, TCP: spoken}, known{3 * sec, true}},
		{"nothing sent: the field counts from the handshake", Connection{State: StateEstablished, SeenFor: 3 * sec, TCP: quiet}, known{70 * sec, true}},
		{"met when it was open already", Connection{State: StateEstablished, SeenFor: 3 * sec, TCP: spoken}, unknown},
		{"a listener has no handshake", Connection{State: StateListen, TCP: quiet}, unknown},
	} {
		if g := got(tt.c.Age()); g != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, g, tt.want)
		}
	}
}

func TestInferKeepalive(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		state State
		timer TimerKind
		want  Keepalive
	}{
		{StateEstablished, TimerKeepalive, Keepalive{State: KeepaliveOn, Source: SourceInferred}},
		{StateEstablished, TimerNone, Keepalive{State: KeepaliveOff, Source: SourceInferred}},
		{StateCloseWait, TimerNone, Keepalive{State: KeepaliveOff, Source: SourceInferred}},
		{StateEstablished, TimerRetransmit, Keepalive{}},
		{StateEstablished, TimerZeroWindow, Keepalive{}},
		{StateEstablished, TimerDelayedAck, Keepalive{}},
		{StateFinWait2, TimerFinWait, Keepalive{}},
		{StateListen, TimerNone, Keepalive{}},
		{StateTimeWait, TimerTimeWait, Keepalive{}},
		{StateSynSent, TimerRetransmit, Keepalive{}},
	} {
		if g := InferKeepalive(tt.state, Timer{Kind: tt.timer}); g != tt.want {
			t.Errorf("%v with timer %v: %+v, want %+v", tt.state, tt.timer, g, tt.want)
		}
	}
}
