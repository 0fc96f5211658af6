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
	dump     uint64    // number of the last dump
	watching bool      // the dump before held everything: what is new in this one has just opened
	shown    uint64    // number of the dump that the last snapshot was made of
}

// record is what is remembered of one connection.
type record struct {
	met       time.Time
	open      bool   // it opened under the collector's eyes
	dump      uint64 // the last that had it
	index     int    // in that dump
	before    place  // in the dump that had it before
	holder    holder // who held it before it lost its owners
	keepalive conn.Keepalive
	read      bool   // keepalive was read from the socket
	tried     uint64 // the dump after which that was last tried; 0: never
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

// begin starts a dump.
func (r *records) begin() {
	r.dump++
	r.present = r.present[:0]
}

// meet notes a connection of the present dump. It is not fresh if the dump had
// it before; then the record has its index. Later says that what the dump shows
// is no beginning: TIME-WAIT gets a cookie of its own.
func (r *records) meet(id conn.ID, now time.Time, later bool) (known *record, fresh bool) {
	known = r.known[id]
	if known == nil {
		known = &record{met: now, open: r.watching && !later}
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
