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
func (o *owners) sweepWorthy(sockets int) bool { return o.update > 1 || sockets >= o.sweepFrom }

// sweepDue tells whether the sweeper has something to find. New sockets are
// looked for at once. What may well be found no more must not cost much: sockets
// that were looked for in vain, processes that came or went, what was passed on
// in silence.
func (o *owners) sweepDue(orphans orphans, now time.Time) bool {
	since := now.Sub(o.renewed)
	return orphans.fresh > 0 || o.renewed.IsZero() || since >= max(renewEvery, renewShare*o.renewal) ||
		(orphans.again > 0 || o.stirred) && since >= renewShare*o.renewal
}

// sweep finds the owners of all sockets of the dump anew, and with them their
// options.
func (o *owners) sweep(ctx context.Context, conns []conn.Connection, records *records, now func() time.Time) error {
	began := now()
	o.sweeps++
	err := o.sweeper.Sockets(ctx, func(s *bpf.Socket) { o.note(s, conns, records) })
	if err != nil {
		return err
	}
	o.settle(records, began, now().Sub(began))
	o.stirred = false
	return nil
}

// giveUpSweeper turns to the other way. What loaded and proved itself does not
// fail; if it does, nothing that it found is kept, as nobody would follow it.
func (o *owners) giveUpSweeper(err error) {
	_ = o.sweeper.Close()
	o.sweeper, o.slow, o.renewed = nil, err, time.Time{}
	for _, h := range o.sockets {
		h.owners, h.exact, h.retry, h.patience = nil, false, o.update, 1
	}
}

// take takes over what a sweep has found beside the dump, and counts the sockets
// that it has not met. It leaves stirred: processes may have begun since.
func (o *owners) take(conns []conn.Connection, records *records) (orphans orphans) {
	found := o.ahead
	o.ahead = ahead{}
	o.sweeps++
	for i := range found.swept {
		s := &found.swept[i]
		if _, exited := o.exited[s.PID]; exited && o.processes[s.PID] == nil {
			continue
		}
		o.note(s, conns, records)
	}
	o.settle(records, found.began, found.renewal)
	for _, r := range records.present {
		if h := r.holders; h != nil {
			orphans.count(h, o.update)
		}
	}
	return orphans
}

// note notes an owner that a sweep has met, and the options of the socket. A
// sweep may meet a socket before the dump gives it a cookie: then it is known by
// its inode, whose number comes again after 4 billion sockets at the earliest.
func (o *owners) note(s *bpf.Socket, conns []conn.Connection, records *records) {
	h := o.sockets[s.Inode]
	if h == nil || h.seen != o.update {
		return
	}
	c := &conns[h.row]
	if s.MPTCP {
		h.sweep(conn.Owner{PID: s.PID, FD: s.FD, Name: s.Name}, o.sweeps, false)
		return
	}
	if s.Cookie != c.Cookie && (s.Cookie != 0 || s.NetNS != c.NetNS.Inode) {
		return // another socket
	}
	h.sweep(conn.Owner{PID: s.PID, FD: s.FD, Name: s.Name}, o.sweeps, true)
	// What the dump contradicts has changed since: it is read anew.
	if r := records.present[h.row]; !contradicts(s.Keepalive, conn.InferKeepalive(c.State, c.Timer)) {
		r.keepalive, r.read, r.tried = s.Keepalive, true, records.dump
	}
}

// settle ends a sweep.
func (o *owners) settle(records *records, began time.Time, took time.Duration) {
	for _, r := range records.present {
		if h := r.holders; h != nil {
			h.settle(o.sweeps)
		}
	}
	o.renewed, o.renewal = began, took
}

// sweep notes an owner. They come by PID and FD, and mostly as they were the
// last time: then the slice stays, which snapshots share.
func (h *holders) sweep(owner conn.Owner, number uint32, exact bool) {
	if h.swept != number {
		h.swept, h.met = number, 0
	}
	h.exact = exact
	met := int(h.met)
	if met == len(h.owners) || h.owners[met] != owner {
		h.owners = append(h.owners[:met:met], owner)
	}
	h.met++
}

// settle drops the owners that a sweep has not met.
func (h *holders) settle(number uint32) {
	if h.swept != number {
		h.met = 0
	}
	h.owners = h.owners[:h.met:h.met]
	if h.met > 0 {
		h.patience = 1
	}
}
