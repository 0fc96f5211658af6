package conn

import (
	"math/rand/v2"
	"testing"
	"time"
)

// exchange is what a made-up connection carries at one moment.
type exchange struct {
	at             time.Duration // since the first poll
	sent, received uint64        // bytes
	segments       uint32        // both ways
}

// ping is a small exchange of either side.
func ping(at time.Duration) exchange { return exchange{at: at, sent: 40, received: 60, segments: 4} }

// every are small exchanges at a period, each interval off by up to jitter of
// it, from a fixed seed.
func every(period time.Duration, jitter float64, n int) []exchange {
	r := rand.New(rand.NewPCG(1, 2))
	var beats []exchange
	at := 1300 * time.Millisecond
	for range n {
		beats = append(beats, ping(at))
		at += time.Duration(float64(period) * (1 + jitter*(2*r.Float64()-1)))
	}
	return beats
}

// observed plays exchanges to a History that polls at an interval. It tells the
// period after the last poll, and how many exchanges there had been when a
// heartbeat was first told, 0 if never.
func observed(exchanges []exchange, poll, until time.Duration) (period time.Duration, after int) {
	var h History
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for now := time.Duration(0); now <= until; now += poll {
		c := Connection{Cookie: 1, State: StateEstablished, TCP: TCP{
			Known: TCPBase | TCPBytes | TCPSegments | TCPBytesSent, LastDataSent: time.Hour, LastDataRecv: time.Hour,
			BytesSent: 1000, BytesReceived: 1000, SegsIn: 100, SegsOut: 100,
		}}
		seen := 0
		for _, e := range exchanges {
			if e.at > now {
				break
			}
			seen++
			c.TCP.BytesSent += e.sent
			c.TCP.BytesReceived += e.received
			c.TCP.SegsOut += e.segments
			if e.sent > 0 {
				c.TCP.LastDataSent = now - e.at
			}
			if e.received > 0 {
				c.TCP.LastDataRecv = now - e.at
			}
		}
		s := &Snapshot{At: begin.Add(now), Connections: []Connection{c}}
		h.Observe(s)
		period = s.Connections[0].Heartbeat
		if period > 0 && after == 0 {
			after = seen
		}
	}
	return period, after
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	var bulk, trickle, chatter, irregular, split, oneWay []exchange
	talk := every(500*time.Millisecond, 0.2, 110)
	for i := range 600 {
		at := time.Duration(i) * 100 * time.Millisecond
		bulk = append(bulk, exchange{at: at, sent: 64 << 10, segments: 50})
		trickle = append(trickle, exchange{at: at, sent: 20, segments: 2})
	}
	for i := range 12 {
		at := time.Duration(i) * 5 * sec
		chatter = append(chatter, exchange{at: at, sent: 100, received: 100, segments: 40})
		irregular = append(irregular, ping(at+time.Duration(i*i%5)*900*time.Millisecond))
		split = append(split, exchange{at: at + 950*time.Millisecond, sent: 40, segments: 2}, exchange{at: at + 1050*time.Millisecond, received: 60, segments: 2})
		oneWay = append(oneWay, exchange{at: at, received: 17, segments: 2})
	}
	interrupted := append(every(5*sec, 0, 8), exchange{at: 40 * sec, sent: 1 << 20, segments: 800})
	for _, tt := range []struct {
		name      string
		exchanges []exchange
		poll      time.Duration
		until     time.Duration
		want      time.Duration
		within    int // exchanges, 0: it is not to be told at all
	}{
		{"5 s", every(5*sec, 0, 12), sec, 58 * sec, 5 * sec, 6},
		{"5 s with jitter, polled each second", every(5*sec, 0.2, 12), sec, 55 * sec, 5 * sec, 6},
		{"5 s with jitter, polled every two seconds", every(5*sec, 0.2, 12), 2 * sec, 55 * sec, 5 * sec, 6},
		{"5 s with jitter, something else before", append([]exchange{ping(0)}, every(5*sec, 0.2, 12)...), sec, 55 * sec, 5 * sec, 7},
		{"30 s", every(30*sec, 0, 8), 2 * sec, 215 * sec, 30 * sec, 6},
		{"30 s with jitter", every(30*sec, 0.15, 8), 5 * sec, 205 * sec, 30 * sec, 6},
		{"from one side alone", oneWay, sec, 58 * sec, 5 * sec, 6},
		{"its answer comes in the next poll", split, sec, 58 * sec, 5 * sec, 12},
		{"1.5 s, polled four times a second", every(1500*time.Millisecond, 0, 20), 250 * time.Millisecond, 20 * sec, 1500 * time.Millisecond, 6},
		{"a bulk transfer", bulk, sec, 58 * sec, 0, 0},
		{"a slow trickle", trickle, sec, 58 * sec, 0, 0},
		{"a conversation, polled each second", talk, sec, 58 * sec, 0, 0},
		{"a conversation, polled twice a second", talk, 500 * time.Millisecond, 58 * sec, 0, 0},
		{"a conversation, polled five times a second", talk, 200 * time.Millisecond, 58 * sec, 0, 0},
		{"many segments each time: no heartbeat", chatter, sec, 58 * sec, 0, 0},
		{"irregular", irregular, sec, 58 * sec, 0, 0},
		{"polled too slowly to tell 5 s from 10 s", every(5*sec, 0, 40), 10 * sec, 180 * sec, 0, 0},
		{"four exchanges are too few", every(5*sec, 0, 4), sec, 18 * sec, 0, 0},
		{"nothing at all", nil, sec, 60 * sec, 0, 0},
		{"it has stopped", every(5*sec, 0, 8), sec, 58 * sec, 0, 6},
		{"a transfer comes between: quiet no more", interrupted, sec, 41 * sec, 0, 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			period, after := observed(tt.exchanges, tt.poll, tt.until)
			// The mean of five or six intervals that jitter by 20 % is off by 10 % at most, and rounded.
			if off := max(tt.want/10, 0); period < tt.want-off || period > tt.want+off {
				t.Errorf("period %v, want %v", period, tt.want)
			}
			if (after == 0) != (tt.within == 0) || after > tt.within {
				t.Errorf("told after %d exchanges, want within %d", after, tt.within)
			}
		})
	}
}

// TestHeartbeatAnyJitter holds that six exchanges are enough whatever the
// jitter draws.
func TestHeartbeatAnyJitter(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		at, beats := time.Duration(r.Int64N(int64(5*sec))), []exchange(nil)
		for range 7 {
			beats = append(beats, ping(at))
			at += 4*sec + time.Duration(r.Int64N(int64(2*sec)))
		}
		if _, after := observed(beats, sec, 40*sec); after == 0 || after > 6 {
			t.Fatalf("seed %d: told after %d exchanges", seed, after)
		}
	}
}

// TestHeartbeatStays holds that a heartbeat that is found stays so although its
// beats drift over the moments of the polls, and that it goes when it stops.
func TestHeartbeatStays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 11))
		at, beats := time.Duration(r.Int64N(int64(2*sec))), []exchange(nil)
		for at < 180*sec {
			beats = append(beats, ping(at))
			at += 1900*time.Millisecond + time.Duration(r.Int64N(int64(200*time.Millisecond)))
		}
		_, first := observed(beats, sec, 180*sec)
		if first == 0 {
			t.Errorf("seed %d: never found", seed)
			continue
		}
		for until := beats[first].at + sec; until <= 180*sec; until += 7 * sec {
			if period, _ := observed(beats, sec, until); period < 1900*time.Millisecond || period > 2*sec {
				t.Fatalf("seed %d: found after %d exchanges, and at %v it is %v", seed, first, until, period)
			}
		}
		if period, _ := observed(beats, sec, 195*sec); period != 0 {
			t.Errorf("seed %d: stopped, and still told: %v", seed, period)
		}
	}
}

// TestProbeNew holds that a probe is new in the first snapshot that shows it, and
// in no later one.
func TestProbeNew(t *testing.T) {
	t.Parallel()
	type look struct {
		unanswered uint8
		silent     time.Duration
		want       bool
	}
	for _, tt := range []struct {
		name  string
		looks []look // a second apart
	}{
		{"goes unanswered", []look{{0, 9 * sec, false}, {1, 10 * sec, true}, {1, 11 * sec, false}, {2, 12 * sec, false}}},
		{"answered, and another a second later", []look{{0, sec, false}, {1, sec, true}, {1, 900 * time.Millisecond, true}}},
		{"answered in between", []look{{1, 10 * sec, false}, {0, sec, false}, {1, 2 * sec, true}}},
		{"out before the first snapshot", []look{{1, 10 * sec, false}, {1, 11 * sec, false}}},
		{"two between two snapshots", []look{{0, 9 * sec, false}, {2, 10 * sec, false}}},
	} {
		var h History
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		for i, l := range tt.looks {
			c := established(params(1, 1, 9), 0, l.silent, Timer{Kind: TimerKeepalive, Retries: l.unanswered})
			c.TCP.Known |= TCPBytes
			s := &Snapshot{At: at.Add(time.Duration(i) * sec), Connections: []Connection{c}}
			h.Observe(s)
			if got := s.Connections[0].ProbeNew; got != l.want {
				t.Errorf("%s: look %d: %v, want %v", tt.name, i, got, l.want)
			}
		}
	}
}

// TestHeartbeatAfterOther holds that what was said before the first exchange
// costs none.
func TestHeartbeatAfterOther(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 9))
		beats := []exchange{ping(0)}
		at := 100*time.Millisecond + time.Duration(r.Int64N(int64(6*sec)))
		for range 7 {
			beats = append(beats, ping(at))
			at += 4*sec + time.Duration(r.Int64N(int64(2*sec)))
		}
		if _, after := observed(beats, 500*time.Millisecond, 45*sec); after == 0 || after > 1+6 {
			t.Fatalf("seed %d: told after %d exchanges, one of which is none of them", seed, after)
		}
	}
}

func TestHistoryForgets(t *testing.T) {
	t.Parallel()
	var h History
	at := func(cookie uint64, narrowed bool) {
		h.Observe(&Snapshot{Narrowed: narrowed, Connections: []Connection{{Cookie: cookie, State: StateEstablished, TCP: TCP{Known: TCPBase | TCPBytes}}}})
	}
	at(1, false)
	at(2, true)
	if h.pulses.len() != 2 {
		t.Errorf("a narrowed snapshot lacks connections: %d remembered, want 2", h.pulses.len())
	}
	at(3, false)
	if h.pulses.len() != 1 {
		t.Errorf("%d remembered, want the one that is there", h.pulses.len())
	}
	h.Observe(&Snapshot{Connections: []Connection{{Cookie: 4, State: StateTimeWait}, {Cookie: 5, State: StateEstablished}}})
	if h.pulses.len() != 0 {
		t.Errorf("%d remembered of connections without counters", h.pulses.len())
	}
}
