package conn

import (
	"net/netip"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	general := Params{Idle: 300 * sec, Interval: 30 * sec, Count: 3}
	guarded := func(silent time.Duration, timer Timer) Connection { return established(general, 0, silent, timer) }
	with := func(c Connection, change func(*Connection)) Connection { change(&c); return c }
	off := func(silent time.Duration) Connection {
		return with(guarded(silent, Timer{}), func(c *Connection) { c.Keepalive.State = KeepaliveOff })
	}
	ka := func(n uint8) Timer { return Timer{Kind: TimerKeepalive, Expires: 18 * sec, Retries: n} }
	rto := func(n uint8) Timer { return Timer{Kind: TimerRetransmit, Expires: sec, Retries: n} }
	zero := func(n uint8) Timer { return Timer{Kind: TimerZeroWindow, Expires: sec, Retries: n} }

	recovering := func(silent time.Duration, timer Timer, timeout time.Duration) Connection {
		return with(guarded(silent, timer), func(c *Connection) { c.TCP.RTO = timeout })
	}

	for _, tt := range []struct {
		name     string
		c        Connection
		verdict  Verdict
		severity Severity
		evidence string
	}{
		{"healthy", guarded(2900*time.Millisecond, ka(0)), VerdictOK, SeverityOK, "peer answered 2.9 s ago"},
		{"one probe of three", guarded(312*sec, ka(1)), VerdictProbing, SeverityWarning, "1 of 3 unanswered, silent 5m12s"},
		{"two probes of three", guarded(372*sec, ka(2)), VerdictProbing, SeverityCritical, "2 of 3 unanswered, silent 6m12s"},
		{
			"two of four is half", established(Params{300 * sec, 30 * sec, 4}, 0, 372*sec, ka(2)),
			VerdictProbing, SeverityCritical, "2 of 4 unanswered, silent 6m12s",
		},
		{
			"count out of force under a user timeout", established(general, time.Hour, 312*sec, ka(1)),
			VerdictProbing, SeverityWarning, "1 unanswered, silent 5m12s",
		},
		{"two retransmissions are ordinary", guarded(2*sec, rto(2)), VerdictOK, SeverityOK, "peer answered 2.0 s ago"},
		{"three are not", guarded(8*sec, rto(3)), VerdictStalled, SeverityWarning, "3 retransmissions unanswered, silent 8.0 s"},
		{"five are critical", guarded(40*sec, rto(5)), VerdictStalled, SeverityCritical, "5 retransmissions unanswered, silent 40 s"},
		{"five, and silent all the while", recovering(13*sec, rto(6), 12800*time.Millisecond), VerdictStalled, SeverityCritical, "6 retransmissions unanswered, silent 13 s"},
		{
			"what is sent here is lost, what comes is not", recovering(50*time.Millisecond, rto(6), 12800*time.Millisecond),
			VerdictStalled, SeverityWarning, "6 retransmissions unanswered, though the peer was heard just now",
		},
		{"heard in the middle", recovering(8*sec, rto(6), 12800*time.Millisecond), VerdictStalled, SeverityWarning, "6 retransmissions unanswered, though the peer was heard 8.0 s ago"},
		{"three, and heard", recovering(sec, rto(3), 1600*time.Millisecond), VerdictStalled, SeverityWarning, "3 retransmissions unanswered, though the peer was heard 1.0 s ago"},
		{"three, and silent", recovering(2*sec, rto(3), 1600*time.Millisecond), VerdictStalled, SeverityWarning, "3 retransmissions unanswered, silent 2.0 s"},
		{
			"five, and nobody knows of silence", with(guarded(40*sec, rto(5)), func(c *Connection) { c.TCP.Known = 0 }),
			VerdictStalled, SeverityWarning, "5 retransmissions unanswered",
		},
		{"five window probes unanswered", recovering(9*sec, zero(5), 12800*time.Millisecond), VerdictStalled, SeverityCritical, "5 window probes unanswered, silent 9.0 s"},
		{
			"peer takes no data", with(guarded(2*sec, zero(0)), func(c *Connection) { c.SendQueue = 65536 }),
			VerdictZeroWindow, SeverityWarning, "peer takes no data, 64 KiB waiting",
		},
		{"window probes unanswered", guarded(20*sec, zero(3)), VerdictStalled, SeverityWarning, "3 window probes unanswered, silent 20 s"},
		{
			"peer has just closed", with(guarded(2*sec, ka(0)), func(c *Connection) { c.State, c.Inode = StateCloseWait, 1 }),
			VerdictCloseWait, SeverityNotice, "peer closed at least 2.0 s ago, the program has not",
		},
		{
			"peer closed long ago", with(guarded(200*sec, ka(0)), func(c *Connection) { c.State, c.Inode = StateCloseWait, 1 }),
			VerdictCloseWait, SeverityWarning, "peer closed at least 3m20s ago, the program has not",
		},
		{"probing comes before close-wait", with(guarded(312*sec, ka(1)), func(c *Connection) { c.State, c.Inode = StateCloseWait, 1 }), VerdictProbing, SeverityWarning, "1 of 3 unanswered, silent 5m12s"},
		{"unguarded, spoken to lately", off(48 * sec), VerdictUnguarded, SeverityNotice, "silent 48 s, keepalive off"},
		{"unguarded and silent", off(2467 * sec), VerdictUnguarded, SeverityWarning, "silent 41m07s, keepalive off"},
		{
			"a user timeout is a guard as soon as data is sent",
			with(off(2467*sec), func(c *Connection) {
				c.Keepalive = Keepalive{State: KeepaliveOff, Source: SourceRead, UserTimeout: 10 * sec}
			}),
			VerdictOK, SeverityOK, "peer answered 41m07s ago; the user timeout of 10s guards data alone",
		},
		{
			"off by the timer alone: a user timeout may be set",
			with(off(2467*sec), func(c *Connection) { c.Keepalive = InferKeepalive(c.State, c.Timer) }),
			VerdictUnguarded, SeverityNotice, "silent 41m07s, keepalive off, user timeout not known",
		},
		{"keepalive unknown is not unguarded", with(off(2467*sec), func(c *Connection) { c.Keepalive = Keepalive{} }), VerdictOK, SeverityOK, "peer answered 41m07s ago"},
		{
			"the kernel's defaults", established(Params{7200 * sec, 75 * sec, 9}, 0, sec, ka(0)),
			VerdictSlowGuard, SeverityNotice, "a dead peer is found after 2h11m",
		},
		{
			"a middlebox forgets first", established(Params{400 * sec, 10 * sec, 3}, 0, sec, ka(0)),
			VerdictSlowGuard, SeverityNotice, "idle 400 s outlasts a middlebox of 350 s",
		},
		{"on, parameters unknown", with(guarded(sec, ka(0)), func(c *Connection) { c.Keepalive = InferKeepalive(c.State, c.Timer) }), VerdictOK, SeverityOK, "peer answered 1.0 s ago"},
		{
			"the mirror is gone", with(guarded(sec, ka(0)), func(c *Connection) {
				c.MirrorGone, c.Remote = true, netip.MustParseAddrPort("[::ffff:127.0.0.1]:7001")
			}),
			VerdictHalfOpen, SeverityCritical, "the peer's end at 127.0.0.1:7001 is gone: no socket of this host has it",
		},
		{
			"half-open comes before probing", with(guarded(372*sec, ka(2)), func(c *Connection) {
				c.MirrorGone, c.Remote = true, netip.MustParseAddrPort("127.0.0.1:7001")
			}),
			VerdictHalfOpen, SeverityCritical, "the peer's end at 127.0.0.1:7001 is gone: no socket of this host has it",
		},
		{
			"a liveness check was not answered", with(off(372*sec), func(c *Connection) { c.ProbeSilent = 3 }),
			VerdictHalfOpen, SeverityCritical, "liveness check: 3 probes unanswered, silent 6m12s",
		},
		{
			"two probes of a check prove nothing", with(off(48*sec), func(c *Connection) { c.ProbeSilent = 2 }),
			VerdictUnguarded, SeverityNotice, "silent 48 s, keepalive off",
		},
		{
			"a check is of ESTABLISHED alone", with(guarded(2*sec, ka(0)), func(c *Connection) { c.ProbeSilent, c.State, c.Inode = 3, StateCloseWait, 1 }),
			VerdictCloseWait, SeverityNotice, "peer closed at least 2.0 s ago, the program has not",
		},
		{
			"a heartbeat that this side begins", with(off(12*sec), func(c *Connection) {
				c.Heartbeat, c.TCP.LastDataSent, c.TCP.LastDataRecv, c.TCP.BytesReceived = 30*sec, 12100*time.Millisecond, 12*sec, 10
			}),
			VerdictUnguarded, SeverityNotice, "heartbeat every 30 s, begun here, would notice; silent 12 s, keepalive off",
		},
		{
			"a heartbeat that this side answers", with(off(12*sec), func(c *Connection) {
				c.Heartbeat, c.TCP.LastDataSent, c.TCP.LastDataRecv, c.TCP.BytesReceived = 30*sec, 12*sec, 12100*time.Millisecond, 10
			}),
			VerdictUnguarded, SeverityNotice, "heartbeat every 30 s; silent 12 s, keepalive off",
		},
		{
			"the same, its answer not out yet", with(off(sec), func(c *Connection) {
				c.Heartbeat, c.TCP.LastDataSent, c.TCP.LastDataRecv, c.TCP.BytesReceived = 30*sec, 29*sec, sec, 10
			}),
			VerdictUnguarded, SeverityNotice, "heartbeat every 30 s; silent 1.0 s, keepalive off",
		},
		{
			"a heartbeat that this side only reads", with(off(12*sec), func(c *Connection) {
				c.Heartbeat, c.TCP.LastDataSent, c.TCP.LastDataRecv, c.TCP.BytesReceived = 30*sec, time.Hour, 12*sec, 10
			}),
			VerdictUnguarded, SeverityNotice, "heartbeat every 30 s; silent 12 s, keepalive off",
		},
		{
			"closed before it was accepted", with(guarded(200*sec, ka(0)), func(c *Connection) { c.State = StateCloseWait }),
			VerdictCloseWait, SeverityWarning, "peer closed at least 3m20s ago, the program has not accepted the connection yet",
		},
		{
			"a heartbeat", with(off(2467*sec), func(c *Connection) { c.Heartbeat = 30 * sec }),
			VerdictUnguarded, SeverityNotice, "heartbeat every 30 s; silent 41m07s, keepalive off",
		},
		{
			"healthy, with a heartbeat", with(guarded(2900*time.Millisecond, ka(0)), func(c *Connection) { c.Heartbeat = 5 * sec }),
			VerdictOK, SeverityOK, "peer answered 2.9 s ago, heartbeat every 5 s",
		},
		{
			"a heartbeat keeps the middlebox awake", with(established(Params{400 * sec, 10 * sec, 3}, 0, sec, ka(0)), func(c *Connection) { c.Heartbeat = 30 * sec }),
			VerdictOK, SeverityOK, "peer answered 1.0 s ago, heartbeat every 30 s",
		},
		{
			"a slow one does not", with(established(Params{400 * sec, 10 * sec, 3}, 0, sec, ka(0)), func(c *Connection) { c.Heartbeat = 380 * sec }),
			VerdictSlowGuard, SeverityNotice, "idle 400 s outlasts a middlebox of 350 s",
		},
		{
			"embryonic behind a full queue", Connection{State: StateSynRecv, QueueFull: true},
			VerdictEmbryonic, SeverityWarning, "handshake not finished, SYN-ACK sent 1×, the accept queue is full",
		},
		{"embryonic", Connection{State: StateSynRecv, Timer: rto(2)}, VerdictEmbryonic, SeverityNotice, "handshake not finished, SYN-ACK sent 3×"},
		{"listener", Connection{State: StateListen, RecvQueue: 2, SendQueue: 128}, VerdictOK, SeverityOK, "2 of 128 waiting for accept"},
		{"time-wait", Connection{State: StateTimeWait, Timer: Timer{Kind: TimerTimeWait, Expires: 43 * sec}}, VerdictOK, SeverityOK, "goes in 43 s"},
		{"syn-sent", Connection{State: StateSynSent, Timer: rto(1)}, VerdictOK, SeverityOK, "waiting for SYN-ACK, SYN sent 2×"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			th := DefaultThresholds()
			j := Judge(&tt.c, &th)
			if j.Verdict != tt.verdict || j.Severity != tt.severity {
				t.Errorf("%v, %v; want %v, %v", j.Verdict, j.Severity, tt.verdict, tt.severity)
			}
			if e := Evidence(&tt.c, j, &th); e != tt.evidence {
				t.Errorf("evidence %q, want %q", e, tt.evidence)
			}
		})
	}
}

// TestProbesOverdue holds that a probe whose answer is on the way is no evidence,
// and that one without an answer is by the next second.
func TestProbesOverdue(t *testing.T) {
	t.Parallel()
	const interval = 30 * sec
	ms := func(n time.Duration) time.Duration { return n * time.Millisecond }
	for _, tt := range []struct {
		name       string
		unanswered uint8
		out        time.Duration // since the last probe was sent
		rtt        time.Duration // 0: not known
		unread     bool          // KEEPINTVL is not known
		fresh      bool          // the poll before saw no probe, or heard the peer since
		want       bool
	}{
		{"sent this instant", 1, 0, ms(1), false, true, false},
		{"on its way for less than any answer takes", 1, ms(199), ms(1), false, true, false},
		{"long enough for a near peer", 1, ms(200), ms(1), false, true, true},
		{"by the next second", 1, sec, ms(90), false, false, true},
		{"a far peer", 1, ms(599), ms(300), false, true, false},
		{"long enough for a far peer", 1, ms(600), ms(300), false, true, true},
		{"a peer beyond a satellite", 1, ms(1100), ms(600), false, true, false},
		{"round trip not known", 1, ms(199), 0, false, true, false},
		{"round trip not known, long enough", 1, ms(200), 0, false, true, true},
		{"the second is on its way, the first is overdue", 2, 0, ms(1), false, false, true},
		{"KEEPINTVL not known, only now seen", 1, ms(900), ms(1), true, true, false},
		{"KEEPINTVL not known, seen before", 1, ms(900), ms(1), true, false, true},
		{"KEEPINTVL not known, two", 2, ms(0), ms(1), true, false, true},
		{"KEEPINTVL made shorter since", 1, -40 * sec, ms(1), false, false, true},
		{"KEEPINTVL made shorter since, only now seen", 1, -40 * sec, ms(1), false, true, false},
		{"none", 0, 0, ms(1), false, false, false},
	} {
		c := established(params(300, 30, 3), 0, 300*sec, Timer{Kind: TimerKeepalive, Expires: interval - tt.out, Retries: tt.unanswered})
		c.TCP.RTT, c.ProbeNew = tt.rtt, tt.fresh
		if tt.unread {
			c.Keepalive = InferKeepalive(c.State, c.Timer)
		}
		if got := c.probesOverdue(); got != tt.want {
			t.Errorf("%s: overdue %v, want %v", tt.name, got, tt.want)
		}
		th := DefaultThresholds()
		if j := Judge(&c, &th); (j.Verdict == VerdictProbing) != tt.want {
			t.Errorf("%s: %v", tt.name, j.Verdict)
		}
	}
}

// TestNamesReadBack holds that every name that is printed can be typed.
func TestNamesReadBack(t *testing.T) {
	t.Parallel()
	for i, name := range VerdictNames() {
		if v, ok := ParseVerdict(name); !ok || v != Verdict(i) || v.String() != name {
			t.Errorf("verdict %q reads back as %v, %v", name, v, ok)
		}
	}
	for i, name := range SeverityNames() {
		if s, ok := ParseSeverity(name); !ok || s != Severity(i) || s.String() != name {
			t.Errorf("severity %q reads back as %v, %v", name, s, ok)
		}
	}
	for s := StateEstablished; s <= MaxState; s++ {
		for _, name := range []string{s.String(), s.Short()} {
			if back, ok := ParseState(name); !ok || back != s {
				t.Errorf("state %q reads back as %v, %v", name, back, ok)
			}
		}
		if !AllStates.Has(s) {
			t.Errorf("AllStates lacks %v", s)
		}
	}
	for k := TimerNone; k <= TimerFinWait; k++ {
		f, err := ParseFilter("timer:" + k.String())
		if err != nil || !f.Match(&Connection{Timer: Timer{Kind: k}}) || f.Match(&Connection{Timer: Timer{Kind: (k + 1) % (TimerFinWait + 1)}}) {
			t.Errorf("timer %q reads back as %v, %v", k, f, err)
		}
	}
}
