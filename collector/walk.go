//go:build linux

package collector

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// walkAll walks over new processes, and over others if it is time or there are
// orphans.
func (o *owners) walkAll(fresh []int32, orphans int, now func() time.Time) {
	began := now()
	for _, pid := range fresh {
		orphans -= o.walk(pid, false)
	}
	switch {
	case o.renewed.IsZero():
		o.renewed, o.renewal = began, now().Sub(began)
	case began.Sub(o.renewed) >= max(renewEvery, renewShare*o.renewal):
		for pid := range o.processes {
			o.walk(pid, true)
		}
		o.renewed, o.renewal = began, now().Sub(began)
	case orphans > 0:
		o.search(orphans)
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
				o.exit(pid, p)
			}
			p = &process{folder: folder}
			o.processes[pid] = p
			fresh = append(fresh, pid)
			o.stirred = true
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
	seen, err := o.look(pid, p, renew)
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

// look looks into a process, unless that was done beside the dump.
func (o *owners) look(pid int32, p *process, renew bool) (sight, error) {
	if found := o.ahead.looked[pid]; found != nil && found.folder == p.folder {
		delete(o.ahead.looked, pid)
		return found.sight, found.err
	}
	return o.proc.look(pid, p, func(inode uint32) bool { return !renew && inode != 0 && o.sockets[inode] != nil })
}

func (o *owners) exit(pid int32, p *process) {
	o.replace(pid, p, nil)
	delete(o.processes, pid)
	o.exited[pid] = struct{}{}
	o.stirred = true
}
