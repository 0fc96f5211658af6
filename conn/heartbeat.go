package conn

import (
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
	// beatSlack is by how much two intervals may differ beyond their jitter: a
	// connection's times count from its place in the dump, which takes a while.
	beatSlack = 250 * time.Millisecond
)

// pulse is what is remembered of one connection to find its heartbeat.
type pulse struct {
	poll      uint64                       // the last snapshot that had the connection
	traffic   traffic                      // as of then
	last      time.Time                    // beginning of the last exchange
	intervals [beatIntervals]time.Duration // between exchanges, the oldest overwritten first
	beats     int                          // exchanges in a row that were small and regular
	quiet     bool                         // a snapshot since the first of them brought nothing new: none is hidden between two
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
func newPulse(c *Connection, now time.Time) *pulse {
	since := c.TCP.LastDataSent
	if recv, ok := c.LastDataRecv(); ok {
		since = min(since, recv)
	}
	return &pulse{traffic: trafficOf(c), last: now.Add(-since), beats: 1}
}

// observe takes in what a snapshot at the time now says of the connection and
// tells the period of its heartbeat, 0 if there is none.
func (p *pulse) observe(c *Connection, now time.Time) time.Duration {
	before, after := p.traffic, trafficOf(c)
	p.traffic = after
	switch {
	case after.sent == before.sent && after.received == before.received:
		p.rest(now)
	case !small(before, after):
		p.beats, p.quiet = 0, false
	default:
		p.beat(now.Add(-sinceExchange(c, before, after)))
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
// come.
func (p *pulse) rest(now time.Time) {
	p.quiet = p.beats > 0
	if p.beats > 1 && now.Sub(p.last) > 3*p.mean() {
		p.beats, p.quiet = 0, false
	}
}

// beat notes an exchange that began at the time at.
func (p *pulse) beat(at time.Time) {
	if p.beats == 0 {
		p.beats, p.last = 1, at
		return
	}
	interval := at.Sub(p.last)
	if interval < beatShortest {
		return
	}
	p.last = at
	p.intervals[(p.beats-1)%beatIntervals] = interval
	p.beats++
	if !p.regular() {
		p.intervals[0] = interval
		p.beats, p.quiet = 2, false
	}
}

// known are the last intervals, in no order.
func (p *pulse) known() []time.Duration {
	return p.intervals[:min(max(p.beats-1, 0), beatIntervals)]
}

// regular tells whether all intervals are within 20 % of one period.
func (p *pulse) regular() bool {
	shortest, longest := slices.Min(p.known()), slices.Max(p.known())
	return longest <= shortest*120/80+beatSlack
}

func (p *pulse) mean() time.Duration {
	known := p.known()
	if len(known) == 0 {
		return 0
	}
	var sum time.Duration
	for _, interval := range known {
		sum += interval
	}
	return sum / time.Duration(len(known))
}

// period is the heartbeat's, to a second from two seconds on; 0 without one.
func (p *pulse) period() time.Duration {
	switch mean := p.mean(); {
	case p.beats < beatsNeeded || !p.quiet:
		return 0
	case mean < 2*time.Second:
		return mean.Round(100 * time.Millisecond)
	default:
		return mean.Round(time.Second)
	}
}
