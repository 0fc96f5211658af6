package keepalive

import (
	"sync"
	"time"
)

// Controller acts on live connections: it changes their keepalive settings and
// takes that back, asks peers whether they live, and ends connections. Whatever
// it does is in its journal before it is done.
//
// Its methods take connections as a snapshot showed them, and touch no other: a
// descriptor is compared by cookie and addresses first, every time. They return
// one result per connection, in order; progress, if not nil, is called with the
// number that is done as it grows, never by two goroutines at once. An error
// says that nothing was begun. When ctx ends, what was done stays done, and the
// rest is reported as conn.OutcomeNotReached beside the error of ctx.
type Controller struct {
	journal   journal
	serial    serial
	now       func() time.Time
	noBPF     bool
	bulkFrom  int // connections
	bulkBatch int
}

// Options say how a Controller works. The zero Options are right for a program.
type Options struct {
	// Journal is the file of the journal; "" for JournalPath().
	Journal string
	// Now is the clock of the journal; nil for time.Now.
	Now func() time.Time
	// NoBPF has many connections changed as few are, one by one.
	NoBPF bool
}

// New makes a Controller. It opens nothing: the journal is made when the first
// entry is written.
func New(o Options) *Controller {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Controller{journal: journal{path: o.Journal}, now: o.Now, noBPF: o.NoBPF, bulkFrom: bulkFrom, bulkBatch: bulkBatch}
}

// bulkFrom is from how many connections on the eBPF program, which takes 50 ms to
// load, is worth it.
const bulkFrom = 3000

// bulkBatch is for how many connections it is loaded at once.
const bulkBatch = 1 << 17

// DefaultProbeTimeout is how long a liveness check waits for an answer: three
// probes, a second apart, and the time for the last one's answer.
const DefaultProbeTimeout = 3500 * time.Millisecond

// serial makes IDs that sort in the order of the commands.
type serial struct {
	mu   sync.Mutex
	last time.Time
}

// next is the time of the next command: later than that of the one before.
func (s *serial) next(now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	now = now.UTC().Truncate(time.Microsecond)
	if !now.After(s.last) {
		now = s.last.Add(time.Microsecond)
	}
	s.last = now
	return now
}
