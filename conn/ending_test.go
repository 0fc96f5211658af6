package conn

import (
	"net/netip"
	"testing"
	"time"
)

// The settings as the kernel has them: tcp_retries2, and tcp_syn_retries of 6
// with tcp_syn_linear_timeouts of 4.
const (
	defaultRetries    = 15
	defaultSynRetries = 10
)

// TestReported has a row for each way in which the kernel lets a socket go. The
// counters of closes, resets and aborts are those that Linux 6.18 reported.
func TestReported(t *testing.T) {
	t.Parallel()
	general := Params{Idle: 300 * sec, Interval: 30 * sec, Count: 3}
	guarded := established(general, 0, 10*sec, Timer{Kind: TimerKeepalive, Expires: 290 * sec})
	with := func(change func(*Connection)) *Connection { c := guarded; change(&c); return &c }
	impatient := with(func(c *Connection) { c.Keepalive.UserTimeout = 10 * sec })
	unread := with(func(c *Connection) { c.Keepalive = InferKeepalive(c.State, c.Timer) })
	checked := with(func(c *Connection) { c.ProbeSilent = 3 })
	in := func(s State) *Connection { return with(func(c *Connection) { c.State = s }) }
	full := TCPBase | TCPBytes | TCPBytesSent | TCPSegments | TCPNotSent | TCPRTOTime
	client := with(func(c *Connection) { c.TCP.Known, c.TCP.BytesSent, c.TCP.BytesAcked = full, 10, 11 })
	server := with(func(c *Connection) { c.TCP.Known, c.TCP.BytesSent, c.TCP.BytesAcked = full, 20, 20 })
	busy := with(func(c *Connection) { c.TCP.Known, c.TCP.BytesSent, c.TCP.Unacked = full, 10, 1 })
	stuffed := with(func(c *Connection) { *c = *client; c.Timer = Timer{Kind: TimerZeroWindow, Expires: sec} })
	stuffedImpatient := with(func(c *Connection) { *c = *stuffed; c.Keepalive.UserTimeout = 10 * sec })
	probes := func(n uint8, silent time.Duration) TCP {
		return TCP{Known: full, Probes: n, LastAckRecv: silent, BytesAcked: 1, SegsIn: 4}
	}
	window := func(n uint8) TCP { t := probes(n, 40*sec); t.NotSentBytes = 1; return t }
	retransmits := func(n uint8, lasted time.Duration) TCP {
		return TCP{Known: full, Retransmits: n, LastAckRecv: 40 * sec, BytesAcked: 1, SegsIn: 4, RTOTime: lasted, RTORecoveries: 1, TotalRetrans: uint32(n)}
	}
	older := func(t TCP) TCP { t.Known &^= TCPRTOTime; t.RTOTime, t.RTORecoveries = 0, 0; return t }
	twice := func(t TCP) TCP { t.RTORecoveries = 2; return t }
	carried := func(sent, acked uint64) TCP { return TCP{Known: full, BytesSent: sent, BytesAcked: acked, SegsIn: 4} }
	resent := func(sent, acked uint64) TCP { t := carried(sent, acked); t.TotalRetrans = 1; return t }
	syns := func(again uint8, answers uint32) TCP { return TCP{Known: full, Retransmits: again, SegsIn: answers} }
	read, inferred := SourceRead, SourceInferred
	const sooner = ": its program gave up the attempt, or had set a shorter limit"

	for _, tt := range []struct {
		name string
		last *Connection
		tcp  TCP
		want Ending
	}{
		{"keepalive", &guarded, probes(3, 390*sec), Ending{CauseKeepaliveTimeout, read, "3 of 3 probes unanswered, silent 6m30s"}},
		{"keepalive, count not known", unread, probes(3, 390*sec), Ending{CauseKeepaliveTimeout, inferred, "3 probes unanswered, silent 6m30s"}},
		{"keepalive, never seen", nil, probes(3, 390*sec), Ending{CauseKeepaliveTimeout, inferred, "3 probes unanswered"}},
		{"keepalive under a user timeout", impatient, probes(1, 330*sec), Ending{CauseUserTimeout, read, "1 probe unanswered, silent 5m30s, user timeout 10s"}},
		{"the peer was started anew", &guarded, probes(1, 300*sec), Ending{CauseReset, inferred, "1 of 3 probes unanswered, then a RST"}},
		{"the last probe was answered with a RST", &guarded, probes(3, 361*sec), Ending{CauseReset, inferred, "3 of 3 probes unanswered, then a RST"}},
		{"a liveness check used up the probes", checked, probes(3, 300*sec), Ending{CauseKeepaliveTimeout, read, "3 of 3 probes unanswered, silent 5m00s"}},
		{"the peer was started anew, user timeout", impatient, probes(1, 300*sec), Ending{CauseReset, inferred, "1 probe unanswered, then a RST"}},
		{"the same, count not known", unread, probes(1, 300*sec), Ending{CauseUnknown, inferred, "1 probe unanswered, then a timeout or a RST"}},

		{"window probes", stuffed, probes(15, 40*sec), Ending{CauseRetransmitTimeout, read, "15 window probes unanswered, silent 40 s"}},
		{"window probes, never seen so", &guarded, window(15), Ending{CauseRetransmitTimeout, read, "15 window probes unanswered, silent 40 s"}},
		{"window probes, then a RST", stuffed, window(4), Ending{CauseReset, inferred, "4 window probes unanswered, silent 40 s, then a RST"}},
		{"window probes under a user timeout", stuffedImpatient, window(4), Ending{CauseUserTimeout, inferred, "4 window probes unanswered, silent 40 s, user timeout 10s"}},
		{"the peer answered, and took no data for the user timeout", stuffedImpatient, carried(10, 11), Ending{CauseUserTimeout, inferred, "peer took no data, user timeout 10s"}},

		{"retransmission", &guarded, retransmits(15, 930*sec), Ending{CauseRetransmitTimeout, read, "15 retransmissions unanswered, silent 40 s"}},
		{"retransmission with a long round trip", &guarded, retransmits(9, 930*sec), Ending{CauseRetransmitTimeout, read, "9 retransmissions unanswered, silent 40 s"}},
		{"retransmission, and not for the first time", &guarded, twice(retransmits(9, 930*sec)), Ending{CauseRetransmitTimeout, inferred, "9 retransmissions unanswered, silent 40 s"}},
		{"retransmission under a shorter tcp_rto_max_ms", &guarded, retransmits(15, 15*sec), Ending{CauseRetransmitTimeout, inferred, "15 retransmissions unanswered, silent 40 s"}},
		{"retransmission on an older kernel", &guarded, older(retransmits(16, 0)), Ending{CauseRetransmitTimeout, read, "16 retransmissions unanswered, silent 40 s"}},
		{"an address moved to a host that knows nothing", &guarded, retransmits(5, 8*sec), Ending{CauseReset, inferred, "5 retransmissions unanswered, silent 40 s, then a RST"}},
		{"the same on an older kernel", &guarded, older(retransmits(5, 0)), Ending{CauseRetransmitTimeout, inferred, "5 retransmissions unanswered, silent 40 s"}},
		{"a RST while retransmitting", &guarded, retransmits(1, sec), Ending{CauseReset, inferred, "1 retransmission unanswered, silent 40 s, then a RST"}},
		{"the same on an older kernel", &guarded, older(retransmits(1, 0)), Ending{CauseReset, inferred, "1 retransmission unanswered, silent 40 s, then a RST"}},
		{"few retransmissions, user timeout not known", unread, retransmits(1, sec), Ending{CauseRetransmitTimeout, inferred, "1 retransmission unanswered, silent 40 s"}},
		{"user timeout", impatient, retransmits(2, 10*sec), Ending{CauseUserTimeout, read, "2 retransmissions unanswered, silent 40 s, user timeout 10s"}},
		{"user timeout, and not the first recovery", impatient, twice(retransmits(2, 12*sec)), Ending{CauseUserTimeout, inferred, "2 retransmissions unanswered, silent 40 s, user timeout 10s"}},
		{"user timeout on an older kernel", impatient, older(retransmits(2, 0)), Ending{CauseUserTimeout, inferred, "2 retransmissions unanswered, silent 40 s, user timeout 10s"}},
		{"a RST before the user timeout", impatient, retransmits(2, 2*sec), Ending{CauseReset, inferred, "2 retransmissions unanswered, silent 40 s, then a RST"}},

		{"an orphan, given up", in(StateFinWait1), retransmits(3, 5*sec), Ending{CauseRetransmitTimeout, inferred, "3 retransmissions unanswered, silent 40 s"}},
		{"an orphan, given up or reset", in(StateLastAck), retransmits(1, sec), Ending{CauseUnknown, inferred, "1 retransmission unanswered, silent 40 s, then a timeout or a RST"}},

		{"closed by who opened", client, carried(10, 12), Ending{CauseClosed, read, "the FIN sent was acknowledged"}},
		{"closed by who accepted", server, carried(20, 21), Ending{CauseClosed, read, "the FIN sent was acknowledged"}},
		{"reset at who opened", client, carried(10, 11), Ending{CauseReset, inferred, "no FIN was acknowledged: one side sent a RST"}},
		{"reset at who accepted", server, carried(20, 20), Ending{CauseReset, inferred, "no FIN was acknowledged: one side sent a RST"}},
		{"never seen, closed", nil, carried(10, 12), Ending{CauseClosed, read, "the FIN sent was acknowledged"}},
		{"never seen, reset", nil, carried(0, 0), Ending{CauseReset, inferred, "no FIN was acknowledged: one side sent a RST"}},
		{"never seen: SYN or FIN?", nil, carried(10, 11), Ending{CauseClosed, inferred, "neither probes nor retransmissions were outstanding"}},
		{"last seen in its handshake, closed", in(StateSynRecv), carried(0, 1), Ending{CauseClosed, read, "the FIN sent was acknowledged"}},
		{"last seen with data in flight, closed", busy, carried(10, 11), Ending{CauseClosed, inferred, "neither probes nor retransmissions were outstanding"}},
		{"bytes sent again: FIN not to be told", client, resent(30, 12), Ending{CauseClosed, inferred, "neither probes nor retransmissions were outstanding"}},
		{"the peer had closed before", in(StateLastAck), carried(10, 11), Ending{CauseClosed, read, "was in LAST-ACK"}},

		{"refused", in(StateSynSent), syns(0, 1), Ending{CauseReset, inferred, "refused: the SYN was answered with a RST"}},
		{"connect timed out", in(StateSynSent), syns(10, 0), Ending{CauseRetransmitTimeout, read, "SYN sent 11×, without an answer"}},
		{"connect timed out, never seen", nil, syns(10, 0), Ending{CauseRetransmitTimeout, read, "SYN sent 11×, without an answer"}},
		{"its program gave up one SYN before the kernel", in(StateSynSent), syns(9, 0), Ending{CauseUnknown, inferred, "SYN sent 10×, without an answer" + sooner}},
		{"its program gave up after some seconds", in(StateSynSent), syns(4, 0), Ending{CauseUnknown, inferred, "SYN sent 5×, without an answer" + sooner}},
		{"its program gave up connecting", in(StateSynSent), syns(1, 0), Ending{CauseUnknown, inferred, "SYN sent 2×, without an answer" + sooner}},
		{"a user timeout while connecting", with(func(c *Connection) { c.State, c.Keepalive.UserTimeout = StateSynSent, 5*sec }), syns(4, 0), Ending{CauseUnknown, inferred, "SYN sent 5×, without an answer" + sooner}},
		{"refused at last", in(StateSynSent), syns(4, 1), Ending{CauseReset, inferred, "refused: the SYN was answered with a RST"}},
		{"its program gave up at once", in(StateSynSent), syns(0, 0), Ending{CauseUnknown, inferred, "no answer to the SYN: its program gave up, or there is no way to the peer"}},
		{"the same, never seen", nil, syns(0, 0), Ending{CauseUnknown, inferred, "no answer to the SYN: its program gave up, or there is no way to the peer"}},
		{"connected and closed since", in(StateSynSent), carried(0, 2), Ending{CauseClosed, read, "the FIN sent was acknowledged"}},
		{"without tcp_info", &guarded, TCP{}, Ending{CauseUnknown, read, "destroyed, the kernel did not say how"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := Destroyed{Connection: Connection{State: StateClose, TCP: tt.tcp, Remote: netip.MustParseAddrPort("10.0.0.2:80")}}
			got := ended{last: tt.last, retries: defaultRetries, synRetries: defaultSynRetries}.reported(&d)
			compareEndings(t, tt.want, got)
		})
	}
}

// TestReportedWiped has a row for each socket of which tcp_disconnect leaves
// nothing but the cookie.
func TestReportedWiped(t *testing.T) {
	t.Parallel()
	guarded := established(params(300, 30, 3), 0, 10*sec, Timer{Kind: TimerKeepalive, Expires: 290 * sec})
	in := func(s State) *Connection { c := guarded; c.State = s; return &c }
	const abort = "its own program aborted it, with a RST to the peer (SO_LINGER 0)"
	for _, tt := range []struct {
		name        string
		last        *Connection
		retransmits uint8
		want        Ending
	}{
		{"aborted", &guarded, 0, Ending{CauseReset, SourceRead, abort}},
		{"aborted after retransmissions", &guarded, 4, Ending{CauseReset, SourceRead, abort}},
		{"aborted after the peer had closed", in(StateCloseWait), 0, Ending{CauseReset, SourceRead, abort}},
		{"aborted, last seen in its handshake", in(StateSynRecv), 0, Ending{CauseReset, SourceRead, abort}},
		{"connect(2) failed, or aborted since", in(StateSynSent), 1, Ending{CauseUnknown, SourceInferred, "connecting failed, or its own program aborted it"}},
		{"the same after some seconds", in(StateSynSent), 9, Ending{CauseUnknown, SourceInferred, "connecting failed, or its own program aborted it"}},
		{"connect(2) timed out", in(StateSynSent), 10, Ending{CauseRetransmitTimeout, SourceRead, "SYN sent 11×, without an answer"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := Destroyed{Connection: Connection{State: StateClose, TCP: TCP{Known: TCPBase | TCPBytes | TCPSegments, Retransmits: tt.retransmits}}}
			compareEndings(t, tt.want, ended{last: tt.last, retries: defaultRetries, synRetries: defaultSynRetries}.reported(&d))
		})
	}
}

// TestGone has a row for each way in which a connection can be gone without a
// report.
func TestGone(t *testing.T) {
	t.Parallel()
	general := Params{Idle: 300 * sec, Interval: 30 * sec, Count: 3}
	probing := func(expires time.Duration, n uint8, timeout time.Duration) Connection {
		return established(general, timeout, 372*sec, Timer{Kind: TimerKeepalive, Expires: expires, Retries: n})
	}
	waiting := func(kind TimerKind, n uint8, timeout, lasted time.Duration) Connection {
		c := established(general, timeout, 40*sec, Timer{Kind: kind, Expires: sec, Retries: n})
		c.TCP.Known |= TCPRTOTime
		c.TCP.RTOTime, c.TCP.RTORecoveries = lasted, 1
		if kind == TimerRetransmit {
			c.TCP.Retransmits = n
		}
		return c
	}
	quiet := probing(290*sec, 0, 0)
	with := func(c Connection, change func(*Connection)) Connection { change(&c); return c }
	unread := func(c Connection) Connection {
		return with(c, func(c *Connection) { c.Keepalive = InferKeepalive(c.State, c.Timer) })
	}
	connecting := func(again uint8, expires time.Duration) Connection {
		c := waiting(TimerRetransmit, again, 0, 0)
		c.State, c.Timer.Expires = StateSynSent, expires
		return c
	}
	const unknown = "closed or reset between two polls"
	for _, tt := range []struct {
		name     string
		last     Connection
		left     State
		want     Cause
		evidence string
	}{
		{"TIME-WAIT is left", quiet, StateTimeWait, CauseClosed, "this host closed first: TIME-WAIT is left"},
		{"the peer has not closed yet", quiet, StateFinWait2, CauseClosed, "this host closed first: FIN-WAIT-2 is left"},
		{"the last probe was due", probing(sec, 3, 0), 0, CauseKeepaliveTimeout, "3 of 3 unanswered, silent 6m12s"},
		{"a probe was due, the end was not", probing(20*sec, 1, 0), 0, CauseUnknown, unknown},
		{"count not known", unread(probing(sec, 2, 0)), 0, CauseKeepaliveTimeout, "2 unanswered, silent 6m12s"},
		{"one probe, count not known", unread(probing(sec, 1, 0)), 0, CauseUnknown, unknown},
		{"a probe had only just gone out", probing(30*sec-50*time.Millisecond, 1, 60*sec), 0, CauseUnknown, unknown},
		{"user timeout while probing", probing(sec, 1, 60*sec), 0, CauseUserTimeout, "1 unanswered, silent 6m12s, user timeout 1m0s"},
		{"retransmitting for long", waiting(TimerRetransmit, 14, 0, 920*sec), 0, CauseRetransmitTimeout, "14 retransmissions unanswered, silent 40 s"},
		{"retransmitting, not for long", waiting(TimerRetransmit, 5, 0, 8*sec), 0, CauseUnknown, unknown},
		{"retransmitting under a user timeout", waiting(TimerRetransmit, 2, 5*sec, 4*sec), 0, CauseUserTimeout, "2 retransmissions unanswered, silent 40 s, user timeout 5s"},
		{"retransmitting, long before the user timeout", waiting(TimerRetransmit, 2, 50*sec, sec), 0, CauseUnknown, unknown},
		{"one retransmission says nothing", waiting(TimerRetransmit, 1, 0, sec), 0, CauseUnknown, unknown},
		{"window probes, nearly all", waiting(TimerZeroWindow, 14, 0, 0), 0, CauseRetransmitTimeout, "14 window probes unanswered, silent 40 s"},
		{"window probes, some", waiting(TimerZeroWindow, 5, 0, 0), 0, CauseUnknown, unknown},
		{"connecting, the last SYN's time was over", connecting(10, sec), 0, CauseRetransmitTimeout, "10 retransmissions unanswered"},
		{"connecting, the last SYN had just gone out", connecting(10, 60*sec), 0, CauseUnknown, unknown},
		{"connecting, more SYNs were to come", connecting(5, sec), 0, CauseUnknown, unknown},
		{"the peer had closed", with(quiet, func(c *Connection) { c.State = StateCloseWait }), 0, CauseClosed, "was in CLOSE-WAIT"},
		{"quiet", quiet, 0, CauseUnknown, unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := Ending{tt.want, SourceInferred, tt.evidence}
			if tt.left != 0 {
				want.Source = SourceRead
			}
			compareEndings(t, want, ended{last: &tt.last, left: tt.left, retries: defaultRetries, synRetries: defaultSynRetries}.gone(2*sec))
		})
	}
}

// TestReportedSynLimitUnknown holds that nothing is read into a number of SYNs
// where it is not known how many the kernel sends.
func TestReportedSynLimitUnknown(t *testing.T) {
	t.Parallel()
	last := Connection{State: StateSynSent}
	d := Destroyed{Connection: Connection{State: StateClose, TCP: TCP{Known: TCPBase | TCPBytes | TCPSegments, Retransmits: 6}}}
	d.Connection.Remote = netip.MustParseAddrPort("10.0.0.2:80")
	want := Ending{CauseUnknown, SourceInferred, "SYN sent 7×, without an answer: its program gave up the attempt, or the kernel did"}
	got := ended{last: &last, retries: defaultRetries}.reported(&d)
	compareEndings(t, want, got)
	if got.kind() != EventClosed {
		t.Errorf("told as %v", got.kind())
	}
}

func compareEndings(t *testing.T, want, got Ending) {
	t.Helper()
	if got != want {
		t.Errorf("%v %v %q,\nwant %v %v %q", got.Cause, got.Source, got.Evidence, want.Cause, want.Source, want.Evidence)
	}
}

// TestHeld holds that a RST is concluded only where nothing else can have been.
func TestHeld(t *testing.T) {
	t.Parallel()
	guarded := established(params(10, 1, 3), 0, sec, Timer{Kind: TimerKeepalive, Expires: 9 * sec})
	with := func(change func(*Connection)) Connection { c := guarded; change(&c); return c }
	off := with(func(c *Connection) { c.Keepalive.State = KeepaliveOff })
	resending := with(func(c *Connection) {
		c.Keepalive.State = KeepaliveOff
		c.Timer = Timer{Kind: TimerRetransmit, Retries: 4}
		c.TCP.Known |= TCPRTOTime
		c.TCP.Retransmits, c.TCP.RTOTime = 4, 6*sec
	})
	for _, tt := range []struct {
		name    string
		last    Connection
		after   time.Duration
		retries int
		want    Cause
	}{
		{"heard a moment ago", guarded, 2 * sec, 15, CauseReset},
		{"long enough for all its probes", guarded, 8 * sec, 15, CauseReset},
		{"just as long as they take", guarded, 11 * sec, 15, CauseUnknown},
		{"silent already", with(func(c *Connection) { c.TCP.LastAckRecv = 11 * sec }), 2 * sec, 15, CauseUnknown},
		{"keepalive off", off, 2 * sec, 15, CauseReset},
		{"keepalive off, polled slowly", off, time.Minute, 15, CauseReset},
		{"keepalive off, and long enough to retransmit", off, time.Minute, 5, CauseUnknown},
		{"the same, tcp_retries2 not known", off, time.Minute, 0, CauseUnknown},
		{"tcp_retries2 not known, polled fast", off, 2 * sec, 0, CauseReset},
		{"while retransmitting", resending, 2 * sec, 15, CauseReset},
		{"while retransmitting, nearly for the last time", resending, 2 * sec, 5, CauseUnknown},
		{"while window probes are out", with(func(c *Connection) { c.Timer = Timer{Kind: TimerZeroWindow, Retries: 2} }), 2 * sec, 15, CauseUnknown},
		{"a user timeout", with(func(c *Connection) { c.Keepalive.UserTimeout = sec }), 2 * sec, 15, CauseUnknown},
		{"off by the timer alone: a user timeout may be set", with(func(c *Connection) { c.Keepalive = Keepalive{State: KeepaliveOff, Source: SourceInferred} }), 2 * sec, 15, CauseUnknown},
		{"times not known", with(func(c *Connection) { c.Keepalive = Keepalive{State: KeepaliveOn, Source: SourceInferred} }), 2 * sec, 15, CauseUnknown},
		{"keepalive not known", with(func(c *Connection) { c.Keepalive = Keepalive{} }), 2 * sec, 15, CauseUnknown},
		{"without tcp_info", with(func(c *Connection) { c.TCP = TCP{} }), 2 * sec, 15, CauseUnknown},
	} {
		if got := (ended{last: &tt.last, retries: tt.retries}).held(tt.after); got.Cause != tt.want || got.Source != SourceInferred {
			t.Errorf("%s: %v %v, want %v", tt.name, got.Cause, got.Source, tt.want)
		}
	}
}

// TestRetransmissionLimit has the numbers of Documentation/networking/ip-sysctl.rst
// and those of the kernel's own arithmetic.
func TestRetransmissionLimit(t *testing.T) {
	t.Parallel()
	for retries, want := range map[int]time.Duration{
		3:  3 * sec,
		8:  102200 * time.Millisecond,
		9:  204600 * time.Millisecond,
		15: 924600 * time.Millisecond,
	} {
		if got := retransmissionLimit(retries); got != want {
			t.Errorf("%d: %v, want %v", retries, got, want)
		}
	}
}
