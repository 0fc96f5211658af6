//go:build linux

package collector

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/katop/katop/conn"
)

const (
	// renewEvery is the least time between two walks over everything, which
	// find descriptors that were passed on or closed after a fork.
	renewEvery = 10 * time.Second
	// renewShare bounds the price of those walks: one part in so many of the time.
	renewShare = 50
	// maxPatience is the most updates that a socket without a visible owner is
	// left alone before it is looked for again.
	maxPatience = 64
)

// errNotMounted: the folder has no process in it, not even katop.
var errNotMounted = errors.New("procfs is not mounted")

// owners knows which processes hold which sockets. It walks over /proc/PID/fd
// only for sockets and processes that it has not met.
type owners struct {
	path      string  // where procfs is mounted
	proc      *procfs // nil until it could be opened
	processes map[int32]*process
	sockets   map[uint32]*holders // by inode, those of the dumps
	load      func() (sweeper, error)
	sweepFrom int                // from how many sockets on the first poll sweeps
	sweeper   sweeper            // nil: not loaded yet, or the walk over /proc/PID/fd is all there is
	slow      error              // why there is no sweeper
	sweeps    uint32             // number of the last sweep
	stirred   bool               // processes came or went since then
	exited    map[int32]struct{} // went since the last update: what a sweep has found of them holds no more
	update    uint32             // number of the present update
	present   int                // how many of sockets its dump had
	renewed   time.Time
	renewal   time.Duration // what the last walk over everything took
	firstSeen bool          // PID 1 can be seen
	ahead     ahead         // of the present update
}

// holders are the owners of one socket.
type holders struct {
	owners    []conn.Owner // by PID and FD; replaced, never changed: snapshots share it
	inode     uint32
	row       int32  // of a connection of the present dump that has the socket
	seen      uint32 // the update whose dump last had the socket
	lacking   uint32 // the first update in which it had none, 0: it has
	retry     uint32 // the update in which to look for an owner again
	patience  uint32 // updates to wait after the next failure
	met       int32  // how many of owners the last sweep has met
	swept     uint32 // the last sweep that met any
	exact     bool   // that sweep knew it by its cookie: only the connection in row has these owners
	forgotten bool   // it is not among owners.sockets any more
}

func newOwners(proc string) *owners {
	return &owners{path: proc, processes: make(map[int32]*process), sockets: make(map[uint32]*holders), exited: make(map[int32]struct{}), sweepFrom: sweepFrom}
}

func (o *owners) close() error {
	var err error
	if o.proc != nil {
		err = o.proc.close()
	}
	if o.sweeper != nil {
		err = errors.Join(err, o.sweeper.Close())
	}
	return err
}

// refused tells whether there are processes whose descriptors may not be read.
func (o *owners) refused() bool {
	for _, p := range o.processes {
		if p.refused {
			return true
		}
	}
	return false
}

// failure is why a process could not be looked into that neither refused nor
// exited, if there is one.
func (o *owners) failure() error {
	for _, p := range o.processes {
		if p.failure != nil {
			return p.failure
		}
	}
	return nil
}

// fill sets the owners of the connections, and the options in their records as
// far as a sweep tells them, which all asks for. Complete says that the dump had
// every socket, so that those it lacks are gone.
func (o *owners) fill(ctx context.Context, conns []conn.Connection, records *records, all, complete bool, now func() time.Time) error {
	if err := o.open(); err != nil {
		return err
	}
	o.update++
	orphans := o.meet(conns, records.present)
	if complete {
		o.forget(0)
	} else {
		o.forget(graceFiltered)
	}
	if err := o.find(ctx, conns, records, all, orphans, now); err != nil {
		return err
	}
	for i, r := range records.present {
		h := r.holders
		if h == nil || h.exact && h.row != int32(i) {
			continue
		}
		conns[i].Owners = h.owners
		h.failed(o.update)
		switch {
		case len(h.owners) > 0:
			h.lacking = 0
		case h.lacking == 0:
			h.lacking = o.update
		}
	}
	return nil
}

func (o *owners) open() (err error) {
	if o.proc == nil {
		o.proc, err = openProcfs(o.path)
	}
	return err
}

// find looks for the owners of the orphans, and for what has changed.
func (o *owners) find(ctx context.Context, conns []conn.Connection, records *records, all bool, orphans orphans, now func() time.Time) error {
	fresh, err := o.list()
	if err != nil {
		return err
	}
	o.bury(records)
	if o.sweepWorthy(len(conns)) {
		o.loadSweeper()
	}
	if o.sweeper != nil {
		if o.ahead.swept != nil {
			orphans, all = o.take(conns, records), false
			clear(o.exited)
		}
		if !all && !o.sweepDue(orphans, now()) {
			return nil
		}
		err := o.sweep(ctx, conns, records, now)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			o.renewed = time.Time{} // what it left is mended by the next one
			return nil
		}
		o.giveUpSweeper(err)
		fresh = slices.Collect(maps.Keys(o.processes))
	}
	o.walkAll(fresh, orphans.fresh+orphans.again, now)
	if o.load != nil && o.refused() {
		// What /proc does not show to this user, eBPF may.
		if o.loadSweeper(); o.sweeper != nil {
			return o.sweep(ctx, conns, records, now)
		}
	}
	return nil
}

// bury forgets the processes that have exited as owners: what a sweep finds is
// not among what is known of a process.
func (o *owners) bury(records *records) {
	if len(o.exited) == 0 {
		return
	}
	for _, r := range records.present {
		if h := r.holders; h != nil {
			h.bury(o.exited, o.update)
		}
	}
	if o.ahead.swept == nil {
		clear(o.exited)
	}
}

// lacking tells whether a socket had no owner in an update before the present
// one already.
func (o *owners) lacking(inode uint32) bool {
	h := o.sockets[inode]
	return h != nil && h.lacking > 0 && h.lacking < o.update
}

// meet notes the sockets of a dump and counts those whose owner is to be
// looked for now.
func (o *owners) meet(conns []conn.Connection, records []*record) (orphans orphans) {
	o.present = 0
	for i, r := range records {
		inode := conns[i].Inode
		h := r.holders
		if h == nil || h.inode != inode || h.forgotten {
			h = o.holdersOf(inode)
			r.holders = h
		}
		if h == nil {
			continue
		}
		if h.seen != o.update {
			o.present++
		}
		h.seen, h.row = o.update, int32(i)
		orphans.count(h, o.update)
	}
	return orphans
}

// orphans counts the sockets whose owner is to be looked for.
type orphans struct {
	fresh int // that were not looked for yet
	again int // that were, in vain
}

func (n *orphans) count(h *holders, update uint32) {
	switch {
	case !h.wanted(update):
	case h.patience == 1:
		n.fresh++
	default:
		n.again++
	}
}

// holdersOf finds what is known of a socket; nil of one without an inode.
func (o *owners) holdersOf(inode uint32) *holders {
	if inode == 0 {
		return nil
	}
	h := o.sockets[inode]
	if h == nil {
		h = &holders{inode: inode, retry: o.update, patience: 1}
		o.sockets[inode] = h
	}
	return h
}

// wanted tells whether an owner is to be looked for in this update.
func (h *holders) wanted(update uint32) bool { return len(h.owners) == 0 && h.retry <= update }

// failed puts off the next look for a socket that was looked for in vain.
func (h *holders) failed(update uint32) {
	if h.wanted(update) {
		h.retry = update + h.patience
		h.patience = min(2*h.patience, maxPatience)
	}
}

// forget drops the sockets that the dumps of the last updates did not have.
// Their descriptors are marked, since the kernel uses an inode number again one
// day.
func (o *owners) forget(updates uint32) {
	if o.present == len(o.sockets) {
		return
	}
	for inode, h := range o.sockets {
		if h.seen+updates >= o.update {
			continue
		}
		for _, owner := range h.owners {
			o.unmark(owner)
		}
		delete(o.sockets, inode)
		h.forgotten = true
	}
}
