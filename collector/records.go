//go:build linux

package collector

import (
	"time"

	"github.com/katop/katop/conn"
)

// records is what is remembered of the connections from poll to poll.
type records struct {
	known    map[conn.ID]*record
	present  []*record  // of the last dump, by the index of the connection
	order    []*record  // of the dump before: the kernel keeps to its order, mostly
	next     int        // in order: the one that is likely to come now
	dump     dumpNumber // the last one
	began    time.Time  // with the first one
	watching bool       // the dump before held everything: what is new in this one has just opened
	shown    dumpNumber // that the last snapshot was made of; 0: there is none
}

// record is what is remembered of one connection.
type record struct {
	id        conn.ID
	met       time.Duration  // when, on the records' clock
	holders   *holders       // of its socket, that of the last dump
	holder    *holder        // who held it before it lost its owners; nil: nobody, or it has them
	place     place          // in the last dump that had it
	before    place          // in the one that had it before
	tried     dumpNumber     // after which its options were last tried; 0: never
	asked     dumpNumber     // after which that was last chosen
	keepalive conn.Keepalive // as it was read
	read      bool           // keepalive was
	open      bool           // it opened under the collector's eyes
}

// dumpNumber counts dumps from 1 on. At four a second it lasts for 34 years.
type dumpNumber uint32

// place is where a connection stands in a dump.
type place struct {
	dump dumpNumber
	row  int32
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
		if r.began.IsZero() {
			r.began = now
		}
		known = &record{id: id, met: now.Sub(r.began), open: r.watching && !later}
		r.known[id] = known
	}
	if known.place.dump == r.dump {
		return known, false
	}
	known.before = known.place
	known.place = place{r.dump, int32(len(r.present))}
	r.present = append(r.present, known)
	return known, true
}

// since is for how long a connection has been known.
func (r *records) since(known *record, now time.Time) time.Duration {
	return now.Sub(r.began) - known.met
}

// find looks where the record is likely to be, which costs a fifth of a look
// into a large map.
func (r *records) find(id conn.ID) *record {
	if r.next < len(r.order) && r.order[r.next].id == id {
		r.next++
		return r.order[r.next-1]
	}
	known := r.known[id]
	if known != nil && known.place.dump == r.dump-1 {
		r.next = int(known.place.row) + 1
	}
	return known
}

// retract takes back that the dump had the connections from the n-th on: they
// are dumped again, or could not be.
func (r *records) retract(n int) {
	for _, known := range r.present[n:] {
		known.place = known.before
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
	patience := dumpNumber(graceFiltered)
	if complete {
		patience = grace
	}
	for id, known := range r.known {
		if known.place.dump+patience < r.dump {
			delete(r.known, id)
		}
	}
}

// rowsBefore tells where the connections of the dump stood in the one that the
// last snapshot was made of, -1 where that lacks them. It is nil if there was
// another dump since.
func (r *records) rowsBefore(rows []int32) []int32 {
	if r.shown == 0 || r.shown != r.dump-1 {
		return nil
	}
	for _, known := range r.present {
		row := int32(-1)
		if known.before.dump == r.shown {
			row = known.before.row
		}
		rows = append(rows, row)
	}
	return rows
}
