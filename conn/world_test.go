package conn

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// world is a made-up host with loopback connections, both of whose ends are
// there: what became of each is known, and what is told of it can be held
// against that.
type world struct {
	random  *rand.Rand
	now     time.Time
	cookie  uint64
	port    uint16
	ends    []*worldEnd
	reports []Destroyed
}

type worldEnd struct {
	c      Connection
	truth  Cause // how it ended
	dying  bool  // its probes are all unanswered
	dead   bool  // not in any dump any more
	held   bool  // its program has not noticed
	shown  bool  // some dump had it
	bereft bool  // its mirror was lost
	other  *worldEnd
}

// open makes a connection of two ends.
func (w *world) open() {
	w.port = max(1024, w.port+1)
	here, there := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), w.port), netip.MustParseAddrPort("127.0.0.1:443")
	var pair [2]*worldEnd
	for i, local := range []netip.AddrPort{here, there} {
		w.cookie++
		c := end(hostNS, w.cookie, StateEstablished, "127.0.0.1:1", "127.0.0.1:2")
		c.Local, c.Remote = local, []netip.AddrPort{there, here}[i]
		c.TCP = TCP{Known: TCPBase | TCPBytes | TCPBytesSent, BytesSent: 100, BytesAcked: 100 + uint64(1-i), BytesReceived: 100}
		c.Keepalive = Keepalive{State: KeepaliveOn, Source: SourceRead, Params: params(10, 1, 3)}
		pair[i] = &worldEnd{c: c}
	}
	pair[0].other, pair[1].other = pair[1], pair[0]
	w.ends = append(w.ends, pair[:]...)
}

// held tells whether the program of a dead end has not noticed yet.
func (w *world) held(c *Connection) bool {
	return slices.ContainsFunc(w.ends, func(e *worldEnd) bool { return e.held && e.c.Cookie == c.Cookie })
}

// end takes one end away and reports it, unless its program holds it still.
func (w *world) end(e *worldEnd, cause Cause, held bool) {
	e.dead, e.truth, e.held = true, cause, held
	d := Destroyed{At: w.now, Connection: e.c}
	d.Connection.State, d.Connection.Inode, d.Connection.Owners = StateClose, 0, nil
	switch cause {
	case CauseClosed:
		d.Connection.TCP.BytesAcked++
	case CauseKeepaliveTimeout:
		d.Connection.TCP.Probes = 3
		d.Connection.TCP.LastAckRecv, d.Connection.TCP.LastDataRecv = 13*sec, 13*sec
	case CauseRetransmitTimeout:
		d.Connection.TCP.Retransmits = 15
	}
	if !held {
		w.reports = append(w.reports, d)
	}
}

// step lets something happen to a connection.
func (w *world) step() {
	e := w.ends[w.random.IntN(len(w.ends))]
	if e.dead || e.dying || e.bereft || e.other.dead || e.other.dying {
		return
	}
	switch w.random.IntN(6) {
	case 0: // closed, and TIME-WAIT is left
		w.end(e, CauseClosed, false)
		w.end(e.other, CauseClosed, false)
	case 1: // reset by one, noticed late by the other's program
		w.end(e, CauseReset, false)
		w.end(e.other, CauseReset, true)
	case 2: // its end is lost without a word
		w.end(e, CauseReset, false)
		e.other.bereft = true
	case 3: // dies of keepalive before the next dump
		e.c.Timer = Timer{Kind: TimerKeepalive, Retries: 3, Expires: sec}
		e.c.TCP.LastAckRecv, e.c.TCP.LastDataRecv = 12*sec, 12*sec
		e.dying = true
	case 4:
		w.end(e, CauseRetransmitTimeout, false)
		e.other.bereft = true
	default:
		w.open()
	}
}

// bury ends those that were dying. Their programs may hold them on.
func (w *world) bury() {
	for _, e := range w.ends {
		if e.dying && !e.dead {
			w.end(e, CauseKeepaliveTimeout, w.random.IntN(2) == 0)
			e.other.bereft = true
		}
	}
}

// dump is a snapshot of what is there, in any order.
func (w *world) dump() *Snapshot {
	s := whole()
	s.At = w.now
	for _, e := range w.ends {
		if !e.dead {
			e.shown = true
			s.Connections = append(s.Connections, e.c)
		}
	}
	w.random.Shuffle(len(s.Connections), func(i, j int) {
		s.Connections[i], s.Connections[j] = s.Connections[j], s.Connections[i]
	})
	return s
}

// TestWorld plays many lives: no healthy end is ever called half-open, every end
// whose mirror was lost is from the second poll on, and the end of each that a
// dump has shown is told once, with the cause that it had.
func TestWorld(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			playWorld(t, seed)
		})
	}
}

func playWorld(t *testing.T, seed uint64) {
	w := &world{random: rand.New(rand.NewPCG(seed, 1)), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	for range 200 {
		w.open()
	}
	var mirrors MirrorChecker
	chronicle := Chronicle{Held: w.held}
	lost := map[uint64]int{} // polls since the mirror of a cookie was lost
	ended := map[uint64]Cause{}
	for poll := range 60 {
		w.bury()
		if poll > 0 && poll < 55 { // the last polls are for what comes late
			for range 40 {
				w.step()
			}
		}
		s := w.dump()
		mirrors.Check(s, Locality{})
		checkWorldMirrors(t, w, s, lost)
		for _, e := range chronicle.Observe(s, w.reports) {
			if e.Kind == EventOpened {
				continue
			}
			if cause, twice := ended[e.Connection.Cookie]; twice {
				t.Errorf("poll %d: the end of %d is told twice, %v and %v", poll, e.Connection.Cookie, cause, e.Cause)
			}
			ended[e.Connection.Cookie] = e.Cause
		}
		w.reports = w.reports[:0]
		w.now = w.now.Add(2 * sec)
	}
	for _, e := range w.ends {
		cause, told := ended[e.c.Cookie]
		switch {
		case !e.shown: // its end may be told, the cause cannot always be
		case told != e.dead:
			t.Errorf("end of %d told: %v, want %v", e.c.Cookie, told, e.dead)
		case told && cause != e.truth:
			t.Errorf("%d ended by %v, told %v", e.c.Cookie, e.truth, cause)
		}
	}
	if len(ended) < 100 {
		t.Errorf("only %d ends: the world is too quiet", len(ended))
	}
}

func checkWorldMirrors(t *testing.T, w *world, s *Snapshot, lost map[uint64]int) {
	t.Helper()
	bereft := map[uint64]bool{}
	for _, e := range w.ends {
		if e.bereft && !e.dead {
			bereft[e.c.Cookie] = true
			lost[e.c.Cookie]++
		}
	}
	for i := range s.Connections {
		c := &s.Connections[i]
		seenBefore := c.Cookie <= 400 // of those made between two polls the mirror may never have been seen
		switch {
		case c.MirrorGone && !bereft[c.Cookie]:
			t.Errorf("%v has its mirror, and is called half-open", c.Local)
		case !c.MirrorGone && lost[c.Cookie] >= 2 && seenBefore:
			t.Errorf("%v has lost its mirror for %d polls, and nobody says so", c.Local, lost[c.Cookie])
		}
	}
}

// TestExhaustionForetold lets a client burn through ports and holds what was
// foretold against what came.
func TestExhaustionForetold(t *testing.T) {
	t.Parallel()
	const ports = 2000
	for _, tt := range []struct {
		perSecond int
		runsOut   bool
	}{{20, false}, {32, false}, {36, true}, {40, true}, {100, true}, {400, true}} {
		t.Run(fmt.Sprint(tt.perSecond), func(t *testing.T) {
			t.Parallel()
			sysctls := Sysctls{PortRange: [2]uint16{40000, 40000 + ports - 1}, Known: true}
			foretold := map[int]time.Duration{}
			exhausted := -1
			for second := 10; second < 120 && exhausted < 0; second++ {
				use := burned(second, tt.perSecond, sysctls)
				if in, runsOut := use.ExhaustedIn(); runsOut {
					foretold[second] = in
				}
				if use.Taken >= ports {
					exhausted = second
				}
			}
			if (exhausted >= 0) != tt.runsOut {
				t.Fatalf("exhausted at %d, want that: %v", exhausted, tt.runsOut)
			}
			if !tt.runsOut && len(foretold) > 0 {
				t.Errorf("foretold %v, and it never came", foretold)
			}
			for second := 10; second < exhausted; second++ {
				in, ok := foretold[second]
				left := time.Duration(exhausted-second) * sec
				if !ok || in < left-2*sec || in > left+2*sec {
					t.Errorf("at %d s: foretold %v (%v), it came after %v", second, in, ok, left)
				}
			}
		})
	}
}

// burned is the use of the ports after so many seconds of as many short
// connections a second.
func burned(seconds, perSecond int, sysctls Sysctls) PortUse {
	s := whole()
	s.Namespaces[0].Sysctls = sysctls
	for age := 0; age < min(seconds, 62); age++ {
		for i := range perSecond {
			if len(s.Connections) == int(sysctls.PortRange[1]-sysctls.PortRange[0])+1 {
				break
			}
			c := end(hostNS, uint64(age*perSecond+i+1), StateTimeWait, "10.0.0.5:40000", "10.0.9.4:9092")
			c.Local = netip.AddrPortFrom(c.Local.Addr(), sysctls.PortRange[0]+uint16(len(s.Connections)))
			c.Timer = Timer{Kind: TimerTimeWait, Expires: max(0, time.Minute-time.Duration(age)*sec-500*time.Millisecond)}
			s.Connections = append(s.Connections, c)
		}
	}
	return TimeWaitsOf(s).Destinations[0]
}

// TestHeartbeatOfChance holds that exchanges at random times are hardly ever
// taken for a heartbeat.
func TestHeartbeatOfChance(t *testing.T) {
	t.Parallel()
	taken := 0
	const trials = 200
	for seed := range uint64(trials) {
		r := rand.New(rand.NewPCG(seed, 3))
		var exchanges []exchange
		for at := time.Duration(0); at < 5*time.Minute; {
			at += time.Duration(r.ExpFloat64() * float64(8*sec))
			exchanges = append(exchanges, ping(at))
		}
		if _, after := observed(exchanges, sec, 5*time.Minute); after > 0 {
			taken++
		}
	}
	if taken > trials/10 {
		t.Errorf("%d of %d random connections were taken for a heartbeat at some moment", taken, trials)
	}
}
