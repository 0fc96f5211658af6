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
	sweeper   sweeper // nil: not loaded yet, or the walk over /proc/PID/fd is all there is
	slow      error   // why there is no sweeper
	sweeps    uint64  // number of the last sweep
	stirred   bool    // processes came or went since then
	update    uint64  // number of the present update
	present   int     // how many of sockets its dump had
	renewed   time.Time
	renewal   time.Duration // what the last walk over everything took
	firstSeen bool          // PID 1 can be seen
	ahead     ahead         // of the present update
}

// holders are the owners of one socket.
type holders struct {
	inode     uint32
	forgotten bool         // it is not among owners.sockets any more
	owners    []conn.Owner // by PID and FD; replaced, never changed: snapshots share it
	seen      uint64       // the update whose dump last had the socket
	lacking   uint64       // the first update in which it had none, 0: it has
	retry     uint64       // the update in which to look for an owner again
	patience  uint64       // updates to wait after the next failure

	row         int    // of a connection of the present dump that has the socket
	met         int    // how many of owners the last sweep has met
	sweepNumber uint64 // the last sweep that met any
}

func newOwners(proc string) *owners {
	return &owners{path: proc, processes: make(map[int32]*process), sockets: make(map[uint32]*holders)}
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
		if h := r.holders; h != nil {
			conns[i].Owners = h.owners
			h.failed(o.update)
			switch {
			case len(h.owners) > 0:
				h.lacking = 0
			case h.lacking == 0:
				h.lacking = o.update
			}
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

// find looks for the owners of so many orphans, and for what has changed.
func (o *owners) find(ctx context.Context, conns []conn.Connection, records *records, all bool, orphans int, now func() time.Time) error {
	fresh, err := o.list()
	if err != nil {
		return err
	}
	if o.sweepWorthy(len(conns)) {
		o.loadSweeper()
	}
	if o.sweeper != nil {
		if o.ahead.swept != nil {
			orphans, all = o.take(conns, records), false
		}
		if !all && !o.sweepDue(orphans, now()) {
			return nil
		}
		err := o.sweep(ctx, conns, records, now)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		// What loaded and proved itself does not fail; if it does, there is the other
		// way.
		_ = o.sweeper.Close()
		o.sweeper, o.slow, o.renewed = nil, err, time.Time{}
		fresh = slices.Collect(maps.Keys(o.processes))
	}
	o.walkAll(fresh, orphans, now)
	if o.load != nil && o.refused() {
		// What /proc does not show to this user, eBPF may.
		if o.loadSweeper(); o.sweeper != nil {
			return o.sweep(ctx, conns, records, now)
		}
	}
	return nil
}

// lacking tells whether a socket had no owner in an update before the present
// one already.
func (o *owners) lacking(inode uint32) bool {
	h := o.sockets[inode]
	return h != nil && h.lacking > 0 && h.lacking < o.update
}

// meet notes the sockets of a dump and counts those whose owner is to be
// looked for now.
func (o *owners) meet(conns []conn.Connection, records []*record) (orphans int) {
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
		h.seen, h.row = o.update, i
		if h.wanted(o.update) {
			orphans++
		}
	}
	return orphans
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
func (h *holders) wanted(update uint64) bool { return len(h.owners) == 0 && h.retry <= update }

// failed puts off the next look for a socket that was looked for in vain.
func (h *holders) failed(update uint64) {
	if h.wanted(update) {
		h.retry = update + h.patience
		h.patience = min(2*h.patience, maxPatience)
	}
}

// forget drops the sockets that the dumps of the last updates did not have.
// Their descriptors are marked, since the kernel uses an inode number again one
// day.
func (o *owners) forget(updates uint64) {
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
