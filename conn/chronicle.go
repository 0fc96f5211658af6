package conn

import (
	"cmp"
	"slices"
	"time"
)

// Chronicle makes events of what snapshots and the kernel's reports of
// destroyed sockets tell together. It keeps its memory between polls, so it
// must not be used by two goroutines at once. The zero Chronicle is ready.
type Chronicle struct {
	// Hears tells that the kernel's reports reach Observe, all of them, so that a
	// connection that is gone without one is still held by its program.
	Hears bool

	differ   Differ
	last     *Snapshot       // the last whole one
	told     told            // their end was told by a report and not yet by the snapshots, or the other way round
	killed   map[ID]struct{} // by katop, and their end not told yet
	open     map[ID]Event    // ends without a cause: a report may be on its way
	reported map[ID]*Connection
	timeWait map[tuple]bool // of those gone: TIME-WAIT is left
}

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
func (c *Chronicle) Observe(next *Snapshot, reported []Destroyed) []Event {
	events := c.settle(next, c.reports(next, reported))
	if next.Whole() {
		prev := c.last
		c.last = next
		if prev != nil {
			changes := c.differ.Diff(prev, next)
			events = c.gone(events, prev, next, changes.Gone)
			events = opened(events, prev, next, &changes)
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
		if d.Connection.Remote.Port() == 0 || c.told.forget(id) {
			continue // no connection, or its end was told before
		}
		event := Event{At: d.At, Connection: d.Connection}
		last := c.reported[id]
		if last != nil {
			event.Connection = *last
			c.told.add(id)
		}
		if missed, open := c.open[id]; open {
			last, event.Connection = &missed.Connection, missed.Connection
			delete(c.open, id)
		}
		event.Ending = endingOf(last, d)
		events = append(events, c.finish(event))
	}
	clear(c.reported) // keep no old snapshot alive
	return events
}

// settle tells of the ends that were left open, now that their reports have had
// a whole poll to come in.
func (c *Chronicle) settle(next *Snapshot, events []Event) []Event {
	if len(c.open) == 0 {
		return events
	}
	for i := range next.Connections {
		delete(c.open, next.Connections[i].ID()) // a dump had only missed it
	}
	for id, e := range c.open {
		c.told.add(id)
		events = append(events, c.finish(e))
	}
	clear(c.open)
	return events
}

// recall finds what was last known of those reported. A report may come before
// the dump that has the connection is over.
func (c *Chronicle) recall(next *Snapshot, reported []Destroyed) {
	if c.reported == nil {
		c.reported = map[ID]*Connection{}
	}
	clear(c.reported)
	for i := range reported {
		c.reported[reported[i].Connection.ID()] = nil
	}
	for _, s := range []*Snapshot{c.last, next} {
		if s == nil {
			continue
		}
		for i := range s.Connections {
			id := s.Connections[i].ID()
			if _, wanted := c.reported[id]; wanted {
				c.reported[id] = &s.Connections[i]
			}
		}
	}
}

// gone tells of the connections that the later snapshot lacks.
func (c *Chronicle) gone(events []Event, prev, next *Snapshot, rows []int32) []Event {
	c.findTimeWait(prev, next, rows)
	for _, row := range rows {
		last := &prev.Connections[row]
		id := last.ID()
		if last.State == StateListen || last.Minisock() || c.told.forget(id) {
			continue
		}
		timeWait := c.timeWait[tupleOf(last.NetNS.Inode, last.Local, last.Remote)]
		after := next.At.Sub(prev.At)
		event := Event{At: next.At, Connection: *last, Ending: endingOfGone(last, after, timeWait)}
		if c.Hears && event.Cause == CauseUnknown {
			event.Ending = endingOfHeld(last, after)
			c.leaveOpen(id, event)
			continue
		}
		c.told.add(id)
		events = append(events, c.finish(event))
	}
	return events
}

func (c *Chronicle) leaveOpen(id ID, e Event) {
	if c.open == nil {
		c.open = map[ID]Event{}
	}
	c.open[id] = e
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

// findTimeWait looks for what those that closed first have left.
func (c *Chronicle) findTimeWait(prev, next *Snapshot, rows []int32) {
	if c.timeWait == nil {
		c.timeWait = map[tuple]bool{}
	}
	clear(c.timeWait)
	for _, row := range rows {
		last := &prev.Connections[row]
		c.timeWait[tupleOf(last.NetNS.Inode, last.Local, last.Remote)] = false
	}
	if len(c.timeWait) == 0 {
		return
	}
	for i := range next.Connections {
		n := &next.Connections[i]
		if n.Timer.Kind != TimerTimeWait {
			continue
		}
		t := tupleOf(n.NetNS.Inode, n.Local, n.Remote)
		if _, wanted := c.timeWait[t]; wanted {
			c.timeWait[t] = true
		}
	}
}

// opened tells of the connections that have finished their handshake.
func opened(events []Event, prev, next *Snapshot, changes *Changes) []Event {
	open := func(row int32) {
		events = append(events, Event{At: next.At, Kind: EventOpened, Connection: next.Connections[row]})
	}
	since := next.At.Sub(prev.At) + time.Millisecond
	for _, row := range changes.Opened {
		// One that was met before has only been missing in the dump between.
		n := &next.Connections[row]
		if n.synchronized() && n.SeenFor <= since {
			open(row)
		}
	}
	for _, pair := range changes.Kept {
		switch prev.Connections[pair.Prev].State {
		case StateSynSent, StateSynRecv:
			if next.Connections[pair.Next].synchronized() {
				open(pair.Next)
			}
		}
	}
	return events
}
