//go:build linux

package collector

import (
	"context"
	"errors"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive/bpf"
)

// sweeper passes once over the descriptors of all processes, and tells with
// each socket its owner and its options: bpf.Iterators. It costs less than 1 µs a
// socket, where /proc/PID/fd and pidfd_getfd(2) cost 8 µs.
type sweeper interface {
	Sockets(ctx context.Context, each func(*bpf.Socket)) error
	Close() error
}

func loadIterators() (sweeper, error) {
	it, err := bpf.Load()
	if err != nil {
		return nil, err
	}
	return it, nil
}

// sweepFrom is from how many sockets on the sweeper, which takes some 40 ms to
// load, is worth it in the first poll already.
const sweepFrom = 5000

// loadSweeper loads the sweeper: once, since what refuses it does so again.
func (o *owners) loadSweeper() {
	if o.load == nil {
		return
	}
	load := o.load
	o.load = nil
	s, err := load()
	if err != nil {
		o.slow = err
		return
	}
	o.sweeper, o.renewed = s, time.Time{}
}

// fastPath tells which way is taken.
func (o *owners) fastPath() conn.FastPath {
	switch {
	case o.sweeper != nil:
		return conn.FastPath{Used: true}
	case o.slow != nil:
		return conn.FastPath{Why: o.slow.Error()}
	}
	return conn.FastPath{Why: "few sockets at the first look"}
}

var errNoBPF = errors.New("--no-bpf was given")

// sweepWorthy tells whether the sweeper is worth its loading: a command that
// looks once at a few sockets needs none.
func (o *owners) sweepWorthy(sockets int) bool { return o.update > 1 || sockets >= sweepFrom }

// sweepDue tells whether the sweeper has something to find: sockets without a
// known owner, processes that came or went, or what was passed on in silence.
func (o *owners) sweepDue(orphans int, now time.Time) bool {
	since := now.Sub(o.renewed)
	return orphans > 0 || o.renewed.IsZero() || since >= max(renewEvery, renewShare*o.renewal) ||
		o.stirred && since >= renewShare*o.renewal
}

// sweep finds the owners of all sockets of the dump anew, and with them their
// options. Where it fails, the owners stay as they were.
func (o *owners) sweep(ctx context.Context, conns []conn.Connection, records *records, now func() time.Time) error {
	began := now()
	o.sweeps++
	err := o.sweeper.Sockets(ctx, func(s *bpf.Socket) {
		if r := o.note(s, conns, records); r != nil {
			r.keepalive, r.read, r.tried = s.Keepalive, true, records.dump
		}
	})
	if err != nil {
		return err
	}
	o.settle(began, now().Sub(began))
	o.stirred = false
	return nil
}

// take takes over what a sweep has found beside the dump, and counts the sockets
// that it has not met. It leaves stirred: processes may have begun since. Options
// that the dump contradicts are read anew.
func (o *owners) take(conns []conn.Connection, records *records) (orphans int) {
	found := o.ahead
	o.ahead = ahead{}
	o.sweeps++
	for i := range found.swept {
		s := &found.swept[i]
		if r := o.note(s, conns, records); r != nil {
			if c := &conns[r.place.row]; !contradicts(s.Keepalive, conn.InferKeepalive(c.State, c.Timer)) {
				r.keepalive, r.read, r.tried = s.Keepalive, true, records.dump
			}
		}
	}
	o.settle(found.began, found.renewal)
	for _, h := range o.sockets {
		if h.seen == o.update && h.wanted(o.update) {
			orphans++
		}
	}
	return orphans
}

// note notes an owner that a sweep has met, and returns the record of the
// connection if it has its options.
func (o *owners) note(s *bpf.Socket, conns []conn.Connection, records *records) *record {
	h := o.sockets[s.Inode]
	if h == nil || h.seen != o.update {
		return nil
	}
	h.sweep(conn.Owner{PID: s.PID, FD: s.FD, Name: s.Name}, o.sweeps)
	if s.MPTCP || conns[h.row].Cookie != s.Cookie {
		return nil
	}
	return records.present[h.row]
}

// settle ends a sweep.
func (o *owners) settle(began time.Time, took time.Duration) {
	for _, h := range o.sockets {
		if h.seen == o.update {
			h.swept(o.sweeps)
		}
	}
	o.renewed, o.renewal = began, took
}

// sweep notes an owner. They come by PID and FD, and mostly as they were the
// last time: then the slice stays, which snapshots share.
func (h *holders) sweep(owner conn.Owner, number uint64) {
	if h.sweepNumber != number {
		h.sweepNumber, h.met = number, 0
	}
	if h.met == len(h.owners) || h.owners[h.met] != owner {
		h.owners = append(h.owners[:h.met:h.met], owner)
	}
	h.met++
}

// swept drops the owners that a sweep has not met.
func (h *holders) swept(number uint64) {
	if h.sweepNumber != number {
		h.met = 0
	}
	h.owners = h.owners[:h.met:h.met]
	if h.met > 0 {
		h.patience = 1
	}
}
