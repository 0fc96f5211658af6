package conn

import (
	"cmp"
	"slices"
	"time"
)

// Chronicle makes events of what snapshots and the kernel's reports of
// destroyed sockets tell together. It keeps its memory between polls, so it
// must not be used by two goroutines at once. The zero Chronicle is ready.
//
// A connection that is gone, and of which neither a report nor the last snapshot
// says why, waits for the next whole snapshot: a dump may only have missed it,
// and its report may be on its way. Where its program holds it still by then,
// nobody has closed it. Where not, its report gets reportPatience to come in. So
// with a long interval such an end is told one poll later than the others, with
// the time at which it was found gone.
type Chronicle struct {
	// Held tells whether a program still holds the socket of a connection that is
	// gone. False is no proof. A nil Held never knows.
	Held func(*Connection) bool
	// Final tells that no snapshot follows the next one: nothing waits any more.
	Final bool

	differ    Differ
	last      *Snapshot       // the last whole one
	told      told            // their end was told by a report and not yet by the snapshots, or the other way round
	killed    map[ID]struct{} // by katop, and their end not told yet
	open      map[ID]vanished // a report may be on its way
	recalled  map[ID]ended    // those reported, as the snapshots know them
	leftovers map[tuple]State // of those gone: the minisock that is left
}

// vanished is a connection that is gone, and nobody knows why.
type vanished struct {
	event   Event
	retries int           // tcp_retries2 of its namespace, 0: not known
	after   time.Duration // between the last snapshot that had it and the first that lacked it
	held    bool          // by its program, at the last snapshot
	since   time.Time     // from when on its report is expected
}

// reportPatience is more than a report is on its way: the kernel sends it from a
// work queue (net/core/sock_diag.c, sock_diag_broadcast_destroy). Under load
// that took longer than the 30 ms between two polls (measured on Linux 6.18).
const reportPatience = 500 * time.Millisecond

// Killed tells of connections that katop itself has destroyed.
func (c *Chronicle) Killed(ids ...ID) {
	if c.killed == nil {
		c.killed = map[ID]struct{}{}
	}
	for _, id := range ids {
		c.killed[id] = struct{}{}
	}
}

// Observe tells what happened since the snapshot before, by time. Reported are
// the sockets of which the kernel has reported the end meanwhile; where it may
// not be asked there are none, and all causes are inferred. From a snapshot that
// is not whole follows nothing, but the reports are told.
//
// What opened and ended between two snapshots is told by its report alone. If
// its program aborted it, not even that tells: see Destroyed.
func (c *Chronicle) Observe(next *Snapshot, reported []Destroyed) []Event {
	events := c.reports(next, reported)
	if next.Whole() {
		events = c.settle(events, next)
		prev := c.last
		c.last = next
		if prev != nil {
			changes := c.differ.Diff(prev, next)
			events = c.gone(events, prev, next, &changes)
			events = c.opened(events, prev, next, &changes)
		}
	}
	if c.Final {
		for id := range c.open {
			events = append(events, c.conclude(id))
		}
	}
	slices.SortStableFunc(events, func(a, b Event) int {
		return cmp.Or(a.At.Compare(b.At), a.Connection.ID().compare(b.Connection.ID()))
	})
	return events
}

// reports tells what the kernel has reported.
func (c *Chronicle) reports(next *Snapshot, reported []Destroyed) []Event {
	if len(reported) == 0 {
		return nil
	}
	c.recall(next, reported)
	events := make([]Event, 0, len(reported))
	for i := range reported {
		d := &reported[i]
		id := d.Connection.ID()
		if c.told.forget(id) {
			continue
		}
		ended := c.recalled[id]
		shown := ended.last != nil && !ended.last.Minisock()
		if missed, open := c.open[id]; open {
			ended.last = &missed.event.Connection
			delete(c.open, id)
		}
		event := Event{At: d.At, Connection: d.Connection}
		if ended.last != nil {
			event.Connection = *ended.last
		}
		if event.Connection.Remote.Port() == 0 {
			continue // a listener, or nobody knows to whom it was connected, if it was
		}
		if shown {
			c.told.add(id) // the snapshots will find it gone
		}
		event.Ending = ended.reported(d)
		events = append(events, c.finish(event))
	}
	clear(c.recalled) // keep no old snapshot alive
	return events
}

// recall finds what the snapshots know of those reported, by their cookies. A
// report may come before the dump that has the connection is over.
func (c *Chronicle) recall(next *Snapshot, reported []Destroyed) {
	if c.recalled == nil {
		c.recalled = map[ID]ended{}
	}
	clear(c.recalled)
	listening := ListeningOf(next)
	for i := range reported {
		d := &reported[i].Connection
		ended := next.endedIn(d.NetNS.Inode)
		_, ended.service = listening.Of(d)
		c.recalled[d.ID()] = ended
	}
	for _, s := range []*Snapshot{c.last, next} {
		if s == nil {
			continue
		}
		for i := range s.Connections {
			known := &s.Connections[i]
			e, wanted := c.recalled[known.ID()]
			switch {
			case !wanted:
				continue
			case known.leftover():
				e.left = known.State
			default:
				e.last = known
			}
			c.recalled[known.ID()] = e
		}
	}
}

// settle tells of those that are gone without a report, once it is clear that
// none will come.
func (c *Chronicle) settle(events []Event, next *Snapshot) []Event {
	if len(c.open) == 0 {
		return events
	}
	for i := range next.Connections {
		delete(c.open, next.Connections[i].ID()) // a dump had only missed it
	}
	for id, v := range c.open {
		held := c.holds(&v.event.Connection)
		if held || v.held {
			v.event.Ending = ended{last: &v.event.Connection, retries: v.retries}.held(v.after)
		}
		if !held && v.held {
			v.since = next.At // its program has let go of it
		}
		v.held = held
		c.open[id] = v
		if held || next.At.Sub(v.since) >= reportPatience {
			events = append(events, c.conclude(id))
		}
	}
	return events
}

func (c *Chronicle) holds(gone *Connection) bool { return c.Held != nil && c.Held(gone) }

// conclude tells of one that was left open, as far as it is known.
func (c *Chronicle) conclude(id ID) Event {
	v := c.open[id]
	delete(c.open, id)
	c.told.add(id)
	return c.finish(v.event)
}

// finish completes the event of an end.
func (c *Chronicle) finish(e Event) Event {
	id := e.Connection.ID()
	if _, killed := c.killed[id]; killed {
		delete(c.killed, id)
		e.Ending = Ending{Cause: CauseKilled, Source: SourceRead, Evidence: "by katop"}
	}
	e.Kind = e.kind()
	return e
}
