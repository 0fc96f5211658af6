//go:build linux

package collector

import (
	"context"
	"errors"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive"
)

const (
	// firstReads is how many connections a poll reads that were never read, or
	// whose timer contradicts what was read, beyond those it is asked for. At
	// some 5 µs each that is 20 ms.
	firstReads = 4096
	// rereads is how many a poll reads again in turn.
	rereads = 256
)

// options decides whose socket options are read in a poll.
type options struct {
	read   func(context.Context, []keepalive.Target, func(int, conn.Keepalive, error))
	owners *owners
	cursor int // where the rereading in turn goes on
}

// unread counts the connections whose options are not known, by reason.
type unread struct {
	pending     int   // not tried yet
	refused     int   // the owner may not be looked into
	unsupported int   // by the kernel
	failed      int   // for another reason, which err has
	err         error // the first of those
}

// fill sets the keepalive of every connection: as it was read, or as far as the
// timer tells it.
func (o *options) fill(ctx context.Context, conns []conn.Connection, records *records, want conn.Want) unread {
	var result unread
	for due := o.due(conns, records, want); len(due) > 0 && ctx.Err() == nil; {
		due = o.try(ctx, conns, records, due, &result)
	}
	for i := range conns {
		c, r := &conns[i], records.present[i]
		if len(c.Owners) > 0 && r.tried == 0 {
			result.pending++
		}
		switch inferred := conn.InferKeepalive(c.State, c.Timer); {
		case c.Minisock():
			// Nothing is left of the socket's options.
		case r.read && (r.tried == records.dump || !contradicts(r.keepalive, inferred)):
			c.Keepalive = r.keepalive
		default:
			c.Keepalive = inferred
		}
	}
	return result
}

// reading is one connection to read, through one of its owners.
type reading struct {
	conn, owner int // indices
}

// contradicts tells whether the timer shows that what was read earlier has
// changed since.
func contradicts(read, inferred conn.Keepalive) bool {
	return inferred.State != conn.KeepaliveUnknown && inferred.State != read.State
}

// due lists the connections to read now: those asked for, then those never read
// or contradicted, then some in turn, so that nothing grows old. What a sweep has
// just read is not read again.
func (o *options) due(conns []conn.Connection, records *records, want conn.Want) []reading {
	var due, again []reading
	ask := func(i int) {
		if r := records.present[i]; len(conns[i].Owners) > 0 && r.tried != records.dump && r.asked != records.dump {
			r.asked = records.dump
			due = append(due, reading{conn: i})
		}
	}
	for _, id := range want.Options {
		if r := records.known[id]; r != nil && r.place.dump == records.dump {
			ask(int(r.place.row))
		}
	}
	first := 0
	for j := range conns {
		i := (o.cursor + j) % len(conns)
		c, r := &conns[i], records.present[i]
		switch {
		case len(c.Owners) == 0, r.tried == records.dump:
		case want.AllOptions:
			ask(i)
		case r.tried == 0 || r.read && contradicts(r.keepalive, conn.InferKeepalive(c.State, c.Timer)):
			if first < firstReads {
				ask(i)
				first++
			}
		case o.owners.sweeper == nil && len(again) < rereads && r.asked != records.dump:
			again = append(again, reading{conn: i})
		}
	}
	if n := len(again); n > 0 {
		o.cursor = (again[n-1].conn + 1) % len(conns)
	}
	return append(due, again...)
}

// try reads each connection through the owner that it names, and returns those
// to be tried with another.
func (o *options) try(ctx context.Context, conns []conn.Connection, records *records, due []reading, result *unread) (next []reading) {
	targets := make([]keepalive.Target, len(due))
	for n, d := range due {
		c := &conns[d.conn]
		targets[n] = target(c, c.Owners[d.owner])
	}
	o.read(ctx, targets, func(n int, k conn.Keepalive, err error) {
		if err != nil && ctx.Err() != nil {
			return
		}
		d := due[n]
		c, r := &conns[d.conn], records.present[d.conn]
		switch {
		case err == nil:
			r.keepalive, r.read, r.tried = k, true, records.dump
			return
		case errors.Is(err, keepalive.ErrGone):
			// What was read before is as good as it was; the next poll looks again
			// for who holds the socket.
			c.Owners = o.owners.drop(c.Inode, c.Owners[d.owner])
			r.tried = 0
		default:
			r.tried = records.dump
			d.owner++
		}
		if d.owner < len(c.Owners) {
			next = append(next, d)
			return
		}
		result.add(r, err)
	})
	return next
}

func target(c *conn.Connection, owner conn.Owner) keepalive.Target {
	return keepalive.Target{Cookie: c.Cookie, Inode: c.Inode, PID: owner.PID, FD: owner.FD}
}

// add counts a connection that none of its owners let read.
func (u *unread) add(r *record, err error) {
	switch {
	case errors.Is(err, keepalive.ErrGone):
	case errors.Is(err, keepalive.ErrRefused):
		u.refused++
		r.read = false
	case errors.Is(err, keepalive.ErrUnsupported):
		u.unsupported++
	default:
		u.failed++
		if u.err == nil {
			u.err = err
		}
	}
}
