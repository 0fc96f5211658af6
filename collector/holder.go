//go:build linux

package collector

import "github.com/katop/katop/conn"

// holder is what is remembered of the owners of a connection that has none any
// more: it is closed by then, and about to end.
type holder struct {
	owners []conn.Owner
	user   string
	uid    uint32
	inode  uint32
}

// bereave remembers the owners of the connections that have lost theirs since
// the last snapshot, prev. TIME-WAIT has the cookie of the socket that it stands
// for on newer kernels.
func (r *records) bereave(conns []conn.Connection, prev *conn.Snapshot) {
	shown := r.shown
	r.shown = r.dump
	if prev == nil {
		return
	}
	for i := range conns {
		c := &conns[i]
		if len(c.Owners) > 0 {
			continue
		}
		known := r.present[i]
		if known.holder != nil || known.before.dump != shown {
			continue
		}
		if last := &prev.Connections[known.before.row]; len(last.Owners) > 0 {
			known.holder = &holder{last.Owners, last.User, last.UID, last.Inode}
		}
	}
}

// restore gives the connections of events back the owners that they had.
func (r *records) restore(events []conn.Event) {
	for i := range events {
		c := &events[i].Connection
		if len(c.Owners) > 0 {
			continue
		}
		if known := r.known[c.ID()]; known != nil && known.holder != nil {
			h := known.holder
			c.Owners, c.User, c.UID, c.Inode = h.owners, h.user, h.uid, h.inode
		}
	}
}
