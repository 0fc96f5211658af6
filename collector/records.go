//go:build linux

package collector

import (
	"time"

	"github.com/katop/katop/conn"
)

// records is what is remembered of the connections from poll to poll.
type records struct {
	known    map[conn.ID]*record
	present  []*record // of the last dump, by the index of the connection
	order    []*record // of the dump before: the kernel keeps to its order, mostly
	next     int       // in order: the one that is likely to come now
	dump     uint64    // number of the last dump
	watching bool      // the dump before held everything: what is new in this one has just opened
	shown    uint64    // number of the dump that the last snapshot was made of
}

// record is what is remembered of one connection.
type record struct {
	id        conn.ID
	met       time.Time
	open      bool     // it opened under the collector's eyes
	dump      uint64   // the last that had it
	index     int      // in that dump
	before    place    // in the dump that had it before
	holders   *holders // of its socket, that of the last dump
	holder    holder   // who held it before it lost its owners
	keepalive conn.Keepalive
	read      bool   // keepalive was read from the socket
	tried     uint64 // the dump after which that was last tried; 0: never
	asked     uint64 // the dump after which that was last chosen
}

// place is where a connection stands in a dump.
type place struct {
	dump  uint64
	index int
}

// A dump can miss a connection that is there, and one with a filter leaves out
// what does not match. So many dumps in a row may lack a connection before it
// is forgotten.
const (
	grace         = 2
	graceFiltered = 64
)

// begin starts a dump of about so many sockets.
func (r *records) begin(expected int) {
	if r.known == nil {
		r.known = make(map[conn.ID]*record, expected)
		r.present, r.order = make([]*record, 0, expected), make([]*record, 0, expected)
	}
	r.dump++
	r.order, r.present = r.present, r.order[:0]
	r.next = 0
}

// meet notes a connection of the present dump. It is not fresh if the dump had
// it before; then the record has its index. Later says that what the dump shows
// is no beginning: TIME-WAIT gets a cookie of its own.
func (r *records) meet(id conn.ID, now time.Time, later bool) (known *record, fresh bool) {
	known = r.find(id)
	if known == nil {
		known = &record{id: id, met: now, open: r.watching && !later}
		r.known[id] = known
	}
	if known.dump == r.dump {
		return known, false
	}
	known.before = place{known.dump, known.index}
	known.dump, known.index = r.dump, len(r.present)
	r.present = append(r.present, known)
	return known, true
}

// find looks where the record is likely to be, which costs a fifth of a look
// into a large map.
func (r *records) find(id conn.ID) *record {
	if r.next < len(r.order) && r.order[r.next].id == id {
		r.next++
		return r.order[r.next-1]
	}
	known := r.known[id]
	if known != nil && known.dump == r.dump-1 {
		r.next = known.index + 1
	}
	return known
}

// retract takes back that the dump had the connections from the n-th on: they
// are dumped again, or could not be.
func (r *records) retract(n int) {
	for _, known := range r.present[n:] {
		known.dump, known.index = known.before.dump, known.before.index
	}
	r.present = r.present[:n]
}

// finish ends a poll. Only after a complete dump it is certain that what the
// next one adds is new.
func (r *records) finish(complete bool) {
	r.watching = complete
	if len(r.known) == len(r.present) {
		return
	}
	patience := uint64(graceFiltered)
	if complete {
		patience = grace
	}
	for id, known := range r.known {
		if known.dump+patience < r.dump {
			delete(r.known, id)
		}
	}
}
