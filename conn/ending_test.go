package conn

import (
	"testing"
	"time"
)

// TestEndingOf has a row for each way in which the kernel lets a socket go. The
// counters of closes and resets are those that Linux 6.18 reported.
func TestEndingOf(t *testing.T) {
	t.Parallel()
	general := Params{Idle: 300 * sec, Interval: 30 * sec, Count: 3}
	guarded := established(general, 0, 10*sec, Timer{Kind: TimerKeepalive, Expires: 290 * sec})
	with := func(change func(*Connection)) *Connection { c := guarded; change(&c); return &c }
	impatient := with(func(c *Connection) { c.Keepalive.UserTimeout = 10 * sec })
	unread := with(func(c *Connection) { c.Keepalive = InferKeepalive(c.State, c.Timer) })
	in := func(s State) *Connection { return with(func(c *Connection) { c.State = s }) }
	full := TCPBase | TCPBytes | TCPBytesSent
	client := with(func(c *Connection) { c.TCP.Known, c.TCP.BytesSent, c.TCP.BytesAcked = full, 10, 11 })
	server := with(func(c *Connection) { c.TCP.Known, c.TCP.BytesSent, c.TCP.BytesAcked = full, 20, 20 })
	busy := with(func(c *Connection) { c.TCP.Known, c.TCP.BytesSent, c.TCP.Unacked = full, 10, 1 })
	probes := func(n uint8) TCP { return TCP{Known: full, Probes: n, LastAckRecv: 390 * sec} }
	retransmits := func(n uint8) TCP { return TCP{Known: full, Retransmits: n, LastAckRecv: 40 * sec} }
	carried := func(sent, acked uint64) TCP { return TCP{Known: full, BytesSent: sent, BytesAcked: acked} }
	resent := func(sent, acked uint64) TCP { t := carried(sent, acked); t.TotalRetrans = 1; return t }

	for _, tt := range []struct {
		name string
		last *Connection
		tcp  TCP
		want Ending
	}{
		{"keepalive", &guarded, probes(3), Ending{CauseKeepaliveTimeout, SourceRead, "3 of 3 probes unanswered, silent 6m30s"}},
		{"keepalive, count not known", unread, probes(3), Ending{CauseKeepaliveTimeout, SourceInferred, "3 probes unanswered, silent 6m30s"}},
		{"keepalive, never seen", nil, probes(3), Ending{CauseKeepaliveTimeout, SourceInferred, "3 probes unanswered"}},
		{"keepalive under a user timeout", impatient, probes(1), Ending{CauseUserTimeout, SourceRead, "1 probe unanswered, silent 6m30s, user timeout 10s"}},
		{"the peer was started anew", &guarded, probes(1), Ending{CauseReset, SourceInferred, "1 of 3 probes unanswered, then a RST"}},
		{"the same, count not known", unread, probes(1), Ending{CauseReset, SourceInferred, "a probe was answered with a RST"}},
		{"retransmission", &guarded, retransmits(15), Ending{CauseRetransmitTimeout, SourceRead, "15 retransmissions unanswered, silent 40 s"}},
		{"user timeout", impatient, retransmits(2), Ending{CauseUserTimeout, SourceRead, "2 retransmissions unanswered, silent 40 s, user timeout 10s"}},
		{"a RST while retransmitting", &guarded, retransmits(1), Ending{CauseReset, SourceInferred, "1 retransmission unanswered, silent 40 s: too few for a timeout"}},
		{"few retransmissions, user timeout not known", unread, retransmits(1), Ending{CauseRetransmitTimeout, SourceInferred, "1 retransmission unanswered, silent 40 s"}},
		{"closed by who opened", client, carried(10, 12), Ending{CauseClosed, SourceRead, "the FIN sent was acknowledged"}},
		{"closed by who accepted", server, carried(20, 21), Ending{CauseClosed, SourceRead, "the FIN sent was acknowledged"}},
		{"reset at who opened", client, carried(10, 11), Ending{CauseReset, SourceInferred, "no FIN was acknowledged: one side sent a RST"}},
		{"reset at who accepted", server, carried(20, 20), Ending{CauseReset, SourceInferred, "no FIN was acknowledged: one side sent a RST"}},
		{"never seen, closed", nil, carried(10, 12), Ending{CauseClosed, SourceRead, "the FIN sent was acknowledged"}},
		{"never seen, reset", nil, carried(0, 0), Ending{CauseReset, SourceInferred, "no FIN was acknowledged: one side sent a RST"}},
		{"never seen: SYN or FIN?", nil, carried(10, 11), Ending{CauseClosed, SourceInferred, "neither probes nor retransmissions were outstanding"}},
		{"last seen in its handshake, closed", in(StateSynRecv), carried(0, 1), Ending{CauseClosed, SourceRead, "the FIN sent was acknowledged"}},
		{"last seen with data in flight, closed", busy, carried(10, 11), Ending{CauseClosed, SourceInferred, "neither probes nor retransmissions were outstanding"}},
		{"bytes sent again: FIN not to be told", client, resent(30, 12), Ending{CauseClosed, SourceInferred, "neither probes nor retransmissions were outstanding"}},
		{"the peer had closed before", in(StateLastAck), carried(10, 11), Ending{CauseClosed, SourceRead, "was in LAST-ACK"}},
		{"refused", in(StateSynSent), carried(0, 0), Ending{CauseReset, SourceInferred, "refused: the SYN was answered with a RST, or the program gave up"}},
		{"connect timed out", in(StateSynSent), retransmits(6), Ending{CauseRetransmitTimeout, SourceRead, "6 retransmissions unanswered"}},
		{"without tcp_info", &guarded, TCP{}, Ending{CauseUnknown, SourceRead, "destroyed, the kernel did not say how"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := Destroyed{Connection: Connection{State: StateClose, TCP: tt.tcp}}
			if got := endingOf(tt.last, &d); got != tt.want {
				t.Errorf("%v %v %q,\nwant %v %v %q", got.Cause, got.Source, got.Evidence, tt.want.Cause, tt.want.Source, tt.want.Evidence)
			}
		})
	}
}

// TestEndingOfGone has a row for each way in which a connection can be gone
// without a report.
func TestEndingOfGone(t *testing.T) {
	t.Parallel()
	general := Params{Idle: 300 * sec, Interval: 30 * sec, Count: 3}
	probing := func(expires time.Duration, n uint8, timeout time.Duration) Connection {
		return established(general, timeout, 372*sec, Timer{Kind: TimerKeepalive, Expires: expires, Retries: n})
	}
	stalled := func(n uint8, timeout time.Duration) Connection {
		return established(general, timeout, 40*sec, Timer{Kind: TimerRetransmit, Expires: sec, Retries: n})
	}
	quiet := probing(290*sec, 0, 0)
	with := func(c Connection, change func(*Connection)) Connection { change(&c); return c }
	for _, tt := range []struct {
		name     string
		last     Connection
		timeWait bool
		want     Cause
		evidence string
	}{
		{"TIME-WAIT is left", quiet, true, CauseClosed, "this host closed first: TIME-WAIT is left"},
		{"the last probe was due", probing(sec, 3, 0), false, CauseKeepaliveTimeout, "3 of 3 unanswered, silent 6m12s"},
		{"a probe was due, the end was not", probing(20*sec, 1, 0), false, CauseReset, "1 of 3 unanswered, silent 6m12s: too early for a timeout"},
		{"count not known", with(probing(sec, 2, 0), func(c *Connection) { c.Keepalive = InferKeepalive(c.State, c.Timer) }), false, CauseKeepaliveTimeout, "2 unanswered, silent 6m12s"},
		{"user timeout while probing", probing(sec, 1, 60*sec), false, CauseUserTimeout, "1 unanswered, silent 6m12s, user timeout 1m0s"},
		{"retransmitting for long", stalled(12, 0), false, CauseRetransmitTimeout, "12 retransmissions unanswered, silent 40 s"},
		{"retransmitting under a user timeout", stalled(2, 5*sec), false, CauseUserTimeout, "2 retransmissions unanswered, silent 40 s, user timeout 5s"},
		{"one retransmission says nothing", stalled(1, 0), false, CauseUnknown, "closed or reset between two polls"},
		{"the peer had closed", with(quiet, func(c *Connection) { c.State = StateCloseWait }), false, CauseClosed, "was in CLOSE-WAIT"},
		{"quiet", quiet, false, CauseUnknown, "closed or reset between two polls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := endingOfGone(&tt.last, 2*sec, tt.timeWait)
			if want := (Ending{tt.want, SourceInferred, tt.evidence}); got != want {
				t.Errorf("%v %v %q,\nwant %v %v %q", got.Cause, got.Source, got.Evidence, want.Cause, want.Source, want.Evidence)
			}
		})
	}
}

// TestEndingOfHeld holds that a RST is concluded only where nothing else can
// have been.
func TestEndingOfHeld(t *testing.T) {
	t.Parallel()
	guarded := established(params(10, 1, 3), 0, sec, Timer{Kind: TimerKeepalive, Expires: 9 * sec})
	with := func(change func(*Connection)) Connection { c := guarded; change(&c); return c }
	for _, tt := range []struct {
		name  string
		last  Connection
		after time.Duration
		want  Cause
	}{
		{"heard a moment ago", guarded, 2 * sec, CauseReset},
		{"long enough for all its probes", guarded, 8 * sec, CauseReset},
		{"just as long as they take", guarded, 11 * sec, CauseUnknown},
		{"silent already", with(func(c *Connection) { c.TCP.LastAckRecv = 11 * sec }), 2 * sec, CauseUnknown},
		{"keepalive off", with(func(c *Connection) { c.Keepalive.State = KeepaliveOff }), 2 * sec, CauseReset},
		{"keepalive off, and long enough to retransmit", with(func(c *Connection) { c.Keepalive.State = KeepaliveOff }), time.Minute, CauseUnknown},
		{"a user timeout", with(func(c *Connection) { c.Keepalive.UserTimeout = sec }), 2 * sec, CauseUnknown},
		{"off by the timer alone: a user timeout may be set", with(func(c *Connection) { c.Keepalive = Keepalive{State: KeepaliveOff, Source: SourceInferred} }), 2 * sec, CauseUnknown},
		{"times not known", with(func(c *Connection) { c.Keepalive = Keepalive{State: KeepaliveOn, Source: SourceInferred} }), 2 * sec, CauseUnknown},
		{"keepalive not known", with(func(c *Connection) { c.Keepalive = Keepalive{} }), 2 * sec, CauseUnknown},
		{"without tcp_info", with(func(c *Connection) { c.TCP = TCP{} }), 2 * sec, CauseUnknown},
	} {
		if got := endingOfHeld(&tt.last, tt.after); got.Cause != tt.want || got.Source != SourceInferred {
			t.Errorf("%s: %v %v, want %v", tt.name, got.Cause, got.Source, tt.want)
		}
	}
}
