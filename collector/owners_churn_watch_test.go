//go:build linux

package collector_test

import (
	"errors"
	"testing"
	"time"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// ownerWatch is a Collector among porters, whose word is held against the ports.
type ownerWatch struct {
	*collector.Collector
	t         *testing.T
	namespace *lab.Namespace
	noBPF     bool
	porters   []*porter // that are at work

	last      map[uint64]bool // the sockets of the last snapshot by cookie: they had an owner there
	met       int             // sockets
	ownerless int             // those that never had one in a snapshot, and have gone
	ends      int             // told
	endsKnown int             // those with an owner
	dropped   uint64          // reports that the kernel lost
	polls     int
	fast      conn.FastPath
	slowest   time.Duration
	wrong     int
}

func newOwnerWatch(t *testing.T, n *lab.Namespace, noBPF bool) *ownerWatch {
	t.Helper()
	w := &ownerWatch{t: t, namespace: n, noBPF: noBPF, last: map[uint64]bool{}}
	err := n.Do(func() (err error) {
		w.Collector, err = collector.New(collector.Options{NoBPF: noBPF})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, w.Collector)
	return w
}

func (w *ownerWatch) way() string {
	if w.fast.Used {
		return "eBPF"
	}
	return "/proc (" + w.fast.Why + ")"
}

// poll looks once, and holds every owner and every option that is told against
// the port of those that are at work.
func (w *ownerWatch) poll(porters []*porter) error {
	w.porters = porters
	var s *conn.Snapshot
	err := w.namespace.Do(func() (err error) {
		s, err = w.Poll(w.t.Context(), conn.Want{}) // as the monitor does
		return err
	})
	if err != nil {
		return err
	}
	if w.polls++; s.FastPath.Used && w.noBPF {
		return errors.New("eBPF is used although it was forbidden")
	}
	w.fast = s.FastPath
	w.slowest = max(w.slowest, s.Took)
	w.dropped += s.EventsDropped
	now := make(map[uint64]bool, len(s.Connections))
	for i := range s.Connections {
		if c := &s.Connections[i]; c.Inode != 0 {
			w.see(c, now)
		}
	}
	for cookie, owned := range w.last {
		if _, there := now[cookie]; !there && !owned {
			w.ownerless++
		}
	}
	w.last = now
	for i := range s.Events {
		e := &s.Events[i]
		w.check("event "+e.Kind.String(), &e.Connection)
		if e.Kind != conn.EventOpened {
			w.ends++
			if len(e.Connection.Owners) > 0 {
				w.endsKnown++
			}
		}
	}
	return nil
}

// see notes a socket that some program has.
func (w *ownerWatch) see(c *conn.Connection, now map[uint64]bool) {
	w.check("connection", c)
	owned, known := w.last[c.Cookie]
	if !known {
		w.met++
	}
	now[c.Cookie] = owned || len(c.Owners) > 0
	// What is there again was there all the time, and so was its descriptor: one
	// pass over all descriptors has met it. Those of accept(2) come after their
	// sockets, and /proc takes its time, in which a descriptor may be used anew.
	if known && !now[c.Cookie] && w.fast.Used && w.porterOf(c).Rate > 0 {
		w.complain("%v to %v: seen twice, without an owner", c.Local, c.Remote)
	}
}

// check tells whether what is said of a connection is said of its program.
func (w *ownerWatch) check(what string, c *conn.Connection) {
	p := w.porterOf(c)
	if p == nil {
		w.complain("%s %v to %v: nobody has that port", what, c.Local, c.Remote)
		return
	}
	for _, o := range c.Owners {
		if int(o.PID) != p.PID() || o.Name != p.Name {
			w.complain("%s %v to %v, %v: owner is %s/%d, want %s/%d", what, c.Local, c.Remote, c.State, o.Name, o.PID, p.Name, p.PID())
		}
	}
	// Until it is set, KEEPIDLE is the kernel's.
	k := c.Keepalive
	if k.Source == conn.SourceRead && k.Params.Idle != p.Idle && k.Params.Idle != 2*time.Hour {
		w.complain("%s %v to %v, %v: KEEPIDLE is %v, want that of %s, %v", what, c.Local, c.Remote, c.State, k.Params.Idle, p.Name, p.Idle)
	}
}

// porterOf is the program that has a connection, nil if there is none.
func (w *ownerWatch) porterOf(c *conn.Connection) *porter {
	for _, p := range w.porters {
		if n := int(c.Local.Port()) - int(p.First); n >= 0 && n < int(p.Ports) {
			return p
		}
	}
	return nil
}

// complain notes what is wrong, a few times.
func (w *ownerWatch) complain(format string, arguments ...any) {
	w.t.Helper()
	if w.wrong++; w.wrong <= 10 {
		w.t.Errorf("by "+w.way()+": "+format, arguments...)
	}
}

// account adds everything up.
func (w *ownerWatch) account() {
	w.t.Helper()
	w.t.Logf("by %s: %d polls, the slowest took %v; %d sockets seen, %d of them gone before their owner was; %d ends told, %d with their owner, %d reports dropped; wrong: %d",
		w.way(), w.polls, w.slowest.Round(time.Millisecond), w.met, w.ownerless, w.ends, w.endsKnown, w.dropped, w.wrong)
	if w.met == 0 || w.ownerless == w.met || w.endsKnown == 0 {
		w.t.Errorf("by %s: no owner was seen, which proves nothing", w.way())
	}
}
