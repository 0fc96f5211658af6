//go:build linux

package collector

import (
	"cmp"
	"slices"

	"github.com/katop/katop/conn"
)

// replace puts the descriptors now in place of those that were known of the
// process, and returns how many sockets that were looked for got their first
// owner.
func (o *owners) replace(pid int32, p *process, now []descriptor) (found int) {
	before := p.sockets
	p.sockets = slices.Clone(now)
	for len(before) > 0 || len(now) > 0 {
		switch {
		case len(before) > 0 && len(now) > 0 && before[0] == now[0]:
			before = before[1:]
			// The socket may be new to the index though the descriptor is not.
			found += o.add(now[0].inode, conn.Owner{PID: pid, FD: now[0].fd, Name: p.name})
			now = now[1:]
		case len(now) == 0 || len(before) > 0 && before[0].fd <= now[0].fd:
			o.remove(before[0].inode, pid, before[0].fd)
			before = before[1:]
		default:
			found += o.add(now[0].inode, conn.Owner{PID: pid, FD: now[0].fd, Name: p.name})
			now = now[1:]
		}
	}
	return found
}

// add notes an owner of a socket, if the socket is one of the dumps.
func (o *owners) add(inode uint32, owner conn.Owner) (found int) {
	h := o.sockets[inode]
	if h == nil {
		return 0
	}
	i, present := slices.BinarySearchFunc(h.owners, owner, byPIDAndFD)
	if present {
		return 0
	}
	if h.wanted(o.update) {
		found = 1
	}
	owners := make([]conn.Owner, 0, len(h.owners)+1)
	h.owners = append(append(append(owners, h.owners[:i]...), owner), h.owners[i:]...)
	h.patience = 1
	return found
}

// remove forgets an owner of a socket.
func (o *owners) remove(inode uint32, pid, fd int32) {
	h := o.sockets[inode]
	if h == nil {
		return
	}
	i, present := slices.BinarySearchFunc(h.owners, conn.Owner{PID: pid, FD: fd}, byPIDAndFD)
	if !present {
		return
	}
	h.owners = slices.Concat(h.owners[:i], h.owners[i+1:])
	if len(h.owners) == 0 {
		h.retry, h.patience = o.update+1, 1
	}
}

// bury forgets the owners that have exited.
func (h *holders) bury(exited map[int32]struct{}, update uint32) {
	gone := func(owner conn.Owner) bool { _, is := exited[owner.PID]; return is }
	if !slices.ContainsFunc(h.owners, gone) {
		return
	}
	h.owners = slices.DeleteFunc(slices.Clone(h.owners), gone)
	if len(h.owners) == 0 {
		h.retry, h.patience = update+1, 1
	}
}

// drop forgets that a descriptor holds the socket, which was found to be wrong:
// the next update looks again. It returns the owners that are left.
func (o *owners) drop(inode uint32, owner conn.Owner) []conn.Owner {
	o.remove(inode, owner.PID, owner.FD)
	o.unmark(owner)
	if h := o.sockets[inode]; h != nil {
		return h.owners
	}
	return nil
}

// hold tells whether one of its owners still holds a socket that is in no dump
// any more.
func (o *owners) hold(c *conn.Connection) bool {
	return o.proc != nil && slices.ContainsFunc(c.Owners, func(owner conn.Owner) bool {
		return o.proc.holds(owner.PID, owner.FD, c.Inode)
	})
}

// unmark makes sure that the descriptor is read anew on the next walk.
func (o *owners) unmark(owner conn.Owner) {
	p := o.processes[owner.PID]
	if p == nil {
		return
	}
	if i, found := find(p.sockets, owner.FD); found {
		p.sockets[i].inode = 0
	}
}

func byPIDAndFD(a, b conn.Owner) int {
	return cmp.Or(cmp.Compare(a.PID, b.PID), cmp.Compare(a.FD, b.FD))
}
