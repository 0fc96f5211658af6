package conn

import "time"

// What the Chronicle learns from two snapshots.

// gone tells of the connections that the later snapshot lacks, and of those of
// which it has a minisock alone: that keeps the cookie of its connection on newer
// kernels, and has one of its own on older ones.
func (c *Chronicle) gone(events []Event, prev, next *Snapshot, changes *Changes) []Event {
	for _, pair := range changes.Kept {
		last, left := &prev.Connections[pair.Prev], &next.Connections[pair.Next]
		if left.leftover() && !last.leftover() {
			events = c.end(events, prev, next, last, left.State)
		}
	}
	if len(changes.Gone) == 0 {
		return events
	}
	c.findLeftovers(prev, next, changes.Gone)
	for _, row := range changes.Gone {
		last := &prev.Connections[row]
		events = c.end(events, prev, next, last, c.leftovers[tupleOf(last.NetNS.Inode, last.Local, last.Remote)])
	}
	return events
}

// end tells of one connection that the later snapshot lacks, or leaves it open.
func (c *Chronicle) end(events []Event, prev, next *Snapshot, last *Connection, left State) []Event {
	id := last.ID()
	if last.State == StateListen || last.Minisock() || c.told.forget(id) {
		return events
	}
	ended := next.endedIn(id.NetNS)
	ended.last, ended.left = last, left
	after := next.At.Sub(prev.At)
	event := Event{At: next.At, Connection: *last, Ending: ended.gone(after)}
	_, killed := c.killed[id]
	if event.Cause == CauseUnknown && !killed {
		if c.open == nil {
			c.open = map[ID]vanished{}
		}
		c.open[id] = vanished{event: event, retries: ended.retries, after: after, held: c.holds(last), since: next.At}
		return events
	}
	c.told.add(id)
	return append(events, c.finish(event))
}

// findLeftovers looks for what those that closed first have left.
func (c *Chronicle) findLeftovers(prev, next *Snapshot, rows []int32) {
	if c.leftovers == nil {
		c.leftovers = map[tuple]State{}
	}
	clear(c.leftovers)
	for _, row := range rows {
		last := &prev.Connections[row]
		c.leftovers[tupleOf(last.NetNS.Inode, last.Local, last.Remote)] = 0
	}
	for i := range next.Connections {
		n := &next.Connections[i]
		if !n.leftover() {
			continue
		}
		t := tupleOf(n.NetNS.Inode, n.Local, n.Remote)
		if _, wanted := c.leftovers[t]; wanted {
			c.leftovers[t] = n.State
		}
	}
}

// leftover tells whether it is the minisock that a connection leaves that was
// closed here first: in TIME-WAIT, or in FIN-WAIT-2 until the peer closes, too.
func (c *Connection) leftover() bool { return c.Timer.Kind == TimerTimeWait }

// opened tells of the connections that have finished their handshake.
func (c *Chronicle) opened(events []Event, prev, next *Snapshot, changes *Changes) []Event {
	open := func(row int32) {
		events = append(events, Event{At: next.At, Kind: EventOpened, Connection: next.Connections[row]})
	}
	since := next.At.Sub(prev.At) + time.Millisecond
	for _, row := range changes.Opened {
		n := &next.Connections[row]
		switch {
		case n.SeenFor > since:
			c.told.forget(n.ID()) // a dump had only missed it: its end is still to come
		case n.synchronized() && prev.lists(n.NetNS.Inode):
			// What is in a namespace that was not read then may have been there.
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
