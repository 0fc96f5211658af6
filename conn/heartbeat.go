package conn

import (
	"math"
	"slices"
	"time"
)

// A heartbeat is a small exchange that comes back at regular times on a
// connection that is quiet otherwise.
const (
	beatsNeeded   = 6    // exchanges until a heartbeat is believed in
	beatBytes     = 4096 // payload of one exchange, both ways, at most
	beatSegments  = 16   // segments of one exchange, both ways, at most
	beatIntervals = 6    // the last ones, of which the period is the mean

	// beatShortest is the least period: what follows sooner is the same exchange,
	// its answer perhaps.
	beatShortest = time.Second
	// beatSilence is the share of a period, in percent, that is silence: what is
	// said all the time is a conversation, of which snapshots see some moments.
	beatSilence = 75
	// beatSlack is by how much two intervals may differ beyond their jitter: a
	// connection's times count from its place in the dump, which takes a while.
	beatSlack = 250 * time.Millisecond
	// beatSpares are the irregular exchanges that a heartbeat survives that was
	// told already: snapshots that fall close to its beats make some look so.
	beatSpares = 2
)

// pulse is what is remembered of one connection to find its heartbeat, and to
// tell a new keepalive probe.
type pulse struct {
	traffic   traffic               // as of the last snapshot that had the connection
	last      time.Duration         // beginning of the last exchange, on the History's clock
	heard     time.Duration         // when the last traffic of that exchange began: its answer perhaps
	told      time.Duration         // period as it was last told; 0 without a heartbeat
	intervals [beatIntervals]uint32 // between exchanges, the oldest first, in milliseconds: there are many pulses
	beats     uint8                 // exchanges in a row that were small, regular and apart, as many as intervals has room for
	spared    uint8                 // irregular exchanges since the heartbeat was last found
	probes    uint8                 // keepalive probes that were unanswered in the last snapshot
	quiet     bool                  // a snapshot since the last traffic brought nothing new
}

// traffic is what a connection has carried so far.
type traffic struct {
	sent, received uint64 // bytes of payload
	segments       uint32 // both ways; 0 on kernels that do not count them
}

func trafficOf(c *Connection) traffic {
	t := traffic{sent: c.TCP.BytesAcked, received: c.TCP.BytesReceived}
	if c.TCP.Has(TCPBytesSent) {
		t.sent = c.TCP.BytesSent
	}
	if c.TCP.Has(TCPSegments) {
		t.segments = c.TCP.SegsOut + c.TCP.SegsIn
	}
	return t
}

// newPulse begins with the exchange that was the last when the connection was
// met.
func newPulse(c *Connection, now time.Duration) pulse {
	since := c.TCP.LastDataSent
	if recv, ok := c.LastDataRecv(); ok {
		since = min(since, recv)
	}
	last := now - since
	probes, _ := c.Unanswered()
	return pulse{traffic: trafficOf(c), last: last, heard: last, beats: 1, probes: uint8(probes)}
}

// probed tells whether the unanswered keepalive probe went out since the
// snapshot before, which is elapsed ago.
func (p *pulse) probed(c *Connection, elapsed time.Duration) bool {
	before := p.probes
	probes, _ := c.Unanswered()
	p.probes = uint8(probes)
	silent, heard := c.SilentFor()
	return probes == 1 && (before == 0 || heard && silent < elapsed)
}

// observe takes in what a snapshot at the time now says of the connection and
// tells the period of its heartbeat, 0 if there is none.
func (p *pulse) observe(c *Connection, now time.Duration) time.Duration {
	before, after := p.traffic, trafficOf(c)
	p.traffic = after
	switch {
	case after.sent == before.sent && after.received == before.received:
		p.rest(now)
	case !small(before, after):
		p.beats, p.told = 0, 0
	default:
		p.beat(now - sinceExchange(c, before, after))
	}
	return p.period()
}

// small tells whether the traffic between two snapshots may be one exchange.
func small(before, after traffic) bool {
	sent, forward := growth(before.sent, after.sent)
	received, onward := growth(before.received, after.received)
	return forward && onward && sent+received <= beatBytes && after.segments-before.segments <= beatSegments
}

// sinceExchange is the time since the last exchange began: where both sides
// have spoken, since the first of them did.
func sinceExchange(c *Connection, before, after traffic) time.Duration {
	switch {
	case after.received == before.received:
		return c.TCP.LastDataSent
	case after.sent == before.sent:
		return c.TCP.LastDataRecv
	}
	return max(c.TCP.LastDataSent, c.TCP.LastDataRecv)
}

// rest notes that nothing was said. An exchange that is long overdue will not
// come, and what was the last may be the first of others.
func (p *pulse) rest(now time.Duration) {
	p.quiet = true
	if now-p.last > 3*p.told {
		p.told = 0
	}
	if p.beats > 1 && now-p.last > 3*p.mean() {
		p.beats, p.last = 1, p.heard
	}
}

// beat notes small traffic that began at the time at. Between two exchanges there
// must be silence, and a snapshot that tells so: else others may be hidden there.
func (p *pulse) beat(at time.Duration) {
	interval, silence, quiet := at-p.last, at-p.heard, p.quiet
	p.quiet, p.heard = false, at
	switch {
	case p.beats > 0 && interval < beatShortest:
		if p.beats == 1 {
			p.last = at // whatever that was, nothing counts from it yet
		}
		return
	case p.beats == 0 || !quiet && !p.due(interval) || silence < beatShortest:
		p.beats, p.last = 1, at
		p.spare()
		return
	case silence < interval*beatSilence/100:
		p.beats, interval = 1, silence // it is from the last traffic on that it may beat
	}
	p.last = at
	if p.beats > beatIntervals {
		p.forgetOldest()
	}
	p.intervals[p.beats-1] = uint32(min(interval.Milliseconds(), math.MaxUint32))
	p.beats++
	for !p.regular() {
		p.forgetOldest()
	}
	if !p.due(interval) {
		p.spare()
	}
}

// due tells whether a beat of the heartbeat that was told comes so long after the
// one before: then no snapshot between them need tell of silence.
func (p *pulse) due(interval time.Duration) bool {
	return p.told > 0 && p.told*80/100-beatSlack <= interval && interval <= p.told*120/100+beatSlack
}

// spare notes an exchange that does not fit the heartbeat that was told.
func (p *pulse) spare() {
	if p.spared++; p.spared > beatSpares {
		p.told, p.spared = 0, 0
	}
}

func (p *pulse) forgetOldest() {
	copy(p.intervals[:], p.intervals[1:])
	p.beats--
}

func (p *pulse) known() []uint32 { return p.intervals[:max(p.beats, 1)-1] }

// regular tells whether all intervals are within 20 % of one period.
func (p *pulse) regular() bool {
	shortest, longest := milliseconds(slices.Min(p.known())), milliseconds(slices.Max(p.known()))
	return longest <= shortest*120/80+beatSlack
}

func (p *pulse) mean() time.Duration {
	known := p.known()
	if len(known) == 0 {
		return 0
	}
	var sum time.Duration
	for _, interval := range known {
		sum += milliseconds(interval)
	}
	return sum / time.Duration(len(known))
}

func milliseconds(n uint32) time.Duration { return time.Duration(n) * time.Millisecond }

// period is the heartbeat's, to a second from two seconds on; 0 without one. One
// that was told is told on while its beats cannot be counted again yet.
func (p *pulse) period() time.Duration {
	if p.beats < beatsNeeded {
		return p.told
	}
	unit := time.Second
	if p.mean() < 2*time.Second {
		unit = 100 * time.Millisecond
	}
	p.told, p.spared = p.mean().Round(unit), 0
	return p.told
}
