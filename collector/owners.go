//go:build linux

package collector

import (
	"cmp"
	"errors"
	"fmt"
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
	update    uint64              // number of the present update
	renewed   time.Time
	renewal   time.Duration // what the last walk over everything took
	firstSeen bool          // PID 1 can be seen
}

// holders are the owners of one socket.
type holders struct {
	owners   []conn.Owner // by PID and FD; replaced, never changed: snapshots share it
	seen     uint64       // the update whose dump last had the socket
	retry    uint64       // the update in which to look for an owner again
	patience uint64       // updates to wait after the next failure
}

func newOwners(proc string) *owners {
	return &owners{path: proc, processes: make(map[int32]*process), sockets: make(map[uint32]*holders)}
}

func (o *owners) close() error {
	if o.proc == nil {
		return nil
	}
	return o.proc.close()
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

// fill sets the owners of the connections. Complete says that the dump had
// every socket, so that those it lacks are gone.
func (o *owners) fill(conns []conn.Connection, complete bool, now func() time.Time) error {
	if o.proc == nil {
		var err error
		if o.proc, err = openProcfs(o.path); err != nil {
			return err
		}
	}
	o.update++
	orphans := o.meet(conns)
	if complete {
		o.forget(0)
	} else {
		o.forget(graceFiltered)
	}
	fresh, err := o.list()
	if err != nil {
		return err
	}
	began := now()
	for _, pid := range fresh {
		orphans -= o.walk(pid, false)
	}
	switch {
	case o.update == 1:
		o.renewed, o.renewal = began, now().Sub(began)
	case began.Sub(o.renewed) >= max(renewEvery, renewShare*o.renewal):
		for pid := range o.processes {
			o.walk(pid, true)
		}
		o.renewed, o.renewal = began, now().Sub(began)
	case orphans > 0:
		o.search(orphans)
	}
	for i := range conns {
		if h := o.sockets[conns[i].Inode]; h != nil {
			conns[i].Owners = h.owners
			h.failed(o.update)
		}
	}
	return nil
}

// meet notes the sockets of a dump and counts those whose owner is to be
// looked for now.
func (o *owners) meet(conns []conn.Connection) (orphans int) {
	for i := range conns {
		inode := conns[i].Inode
		if inode == 0 {
			continue
		}
		h := o.sockets[inode]
		if h == nil {
			h = &holders{retry: o.update, patience: 1}
			o.sockets[inode] = h
		}
		h.seen = o.update
		if h.wanted(o.update) {
			orphans++
		}
	}
	return orphans
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
	for inode, h := range o.sockets {
		if h.seen+updates >= o.update {
			continue
		}
		for _, owner := range h.owners {
			o.unmark(owner)
		}
		delete(o.sockets, inode)
	}
}

// list follows the processes that come and go, and returns the new ones, which
// may have inherited sockets.
func (o *owners) list() (fresh []int32, err error) {
	o.firstSeen = false
	err = o.proc.each(func(pid int32, folder uint64) {
		o.firstSeen = o.firstSeen || pid == 1
		p := o.processes[pid]
		if p == nil || p.folder != folder {
			if p != nil {
				o.replace(pid, p, nil)
			}
			p = &process{folder: folder}
			o.processes[pid] = p
			fresh = append(fresh, pid)
		}
		p.listed = o.update
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", o.path, err)
	}
	for pid, p := range o.processes {
		if p.listed != o.update {
			o.exit(pid, p)
		}
	}
	if len(o.processes) == 0 {
		// katop itself is always shown.
		return nil, fmt.Errorf("%w at %s", errNotMounted, o.path)
	}
	return fresh, nil
}

// search walks over the processes until every orphan has an owner, those first
// that were found to open sockets before.
func (o *owners) search(orphans int) {
	pids := slices.SortedFunc(maps.Keys(o.processes), func(a, b int32) int {
		return cmp.Or(cmp.Compare(o.processes[b].yielded, o.processes[a].yielded), cmp.Compare(a, b))
	})
	for _, pid := range pids {
		if orphans <= 0 {
			return
		}
		if p := o.processes[pid]; !p.refused {
			orphans -= o.walk(pid, false)
		}
	}
}

// walk looks into one process and returns how many sockets found their first
// owner by it. With renew, it reads descriptors anew whose sockets still live,
// and asks again where it was refused. Where it fails for want of anything, what
// was known stays.
func (o *owners) walk(pid int32, renew bool) (found int) {
	p := o.processes[pid]
	seen, err := o.proc.look(pid, p, func(inode uint32) bool { return !renew && inode != 0 && o.sockets[inode] != nil })
	switch {
	case err == errRefused:
		o.replace(pid, p, nil)
		p.refused, p.failure = true, nil
		return 0
	case exited(err):
		o.exit(pid, p)
		return 0
	case err != nil:
		p.failure = err
		return 0
	}
	p.refused, p.failure = false, nil
	if p.name != seen.name {
		o.replace(pid, p, nil)
		p.name = seen.name
	}
	if found = o.replace(pid, p, seen.sockets); found > 0 {
		p.yielded = o.update
	}
	return found
}

func (o *owners) exit(pid int32, p *process) {
	o.replace(pid, p, nil)
	delete(o.processes, pid)
}
