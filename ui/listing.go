package ui

import (
	"time"

	"github.com/katop/katop/conn"
)

// goneFor is how long a connection that went stays on the screen, struck
// through.
const goneFor = 4 * time.Second

// maxGone bounds the struck rows where thousands of connections end a second:
// beyond it there is nothing to read in them anyway.
const maxGone = 256

// A question is what the screen asks of a snapshot: which connections, in which
// order. Answers come later than questions, so each carries its number.
type question struct {
	number   int
	filter   *conn.Filter // of connections
	ofEvents *conn.Filter // atEvents
	scope    scope
	sort     order
	at       placeKind
	happened []conn.Event // atEvents: what is remembered; to be changed at will
	process  int32        // whose page is open, also below the present one; 0: of none
	subject  conn.ID      // whose page is open; the zero ID: of none
	marked   []conn.ID
	listOrders
	thresholds conn.Thresholds
	now        time.Time
}

// order is a sort key and its direction.
type order struct {
	key        conn.SortKey
	descending bool
}

// listOrders is how the other lists are sorted.
type listOrders struct {
	processes    listOrder[conn.Group]
	listeners    listOrder[listener]
	destinations listOrder[portUse]
	services     listOrder[serviceWaits]
	events       listOrder[conn.Event]
	findings     listOrder[conn.Finding]
}

// Listing is the answer: everything that the screen draws, worked out off the
// program's goroutine. It is never changed afterwards.
type Listing struct {
	question question
	intake   *intake
	// rows are the connections in order: indices of the snapshot, and -1-i for
	// i in gone.
	rows    []int32
	gone    []goneRow
	matched int // connections of the snapshot, or events, that the filter and the scope match
	total   int // those that there are
	process processSample
	subject lastSight
	ended   map[conn.ID]struct{} // connections that were marked, and are there no more
	// Of what follows there is only what the place of the question shows.
	groups       []conn.Group
	listeners    ordered[listener]
	waits        conn.TimeWaits
	destinations ordered[portUse]
	services     ordered[serviceWaits]
	events       ordered[conn.Event]
	findings     ordered[conn.Finding]

	widths [3]int // of the longest local and remote address, and of a listener in place of the latter
}

// goneRow is a connection that is no longer there.
type goneRow struct {
	c  conn.Connection
	at time.Time
}

// row is the connection at place i of the list.
func (l *Listing) row(i int) (c *conn.Connection, gone bool) {
	if n := l.rows[i]; n < 0 {
		return &l.gone[-1-n].c, true
	}
	return &l.intake.snapshot.Connections[l.rows[i]], false
}

// lastSight is what a listing has of one connection: nil if it has nothing.
type lastSight struct {
	c    *conn.Connection
	gone bool
}

// find is the connection with an identity, as long as anything is known of it.
func (l *Listing) find(id conn.ID) lastSight {
	for i := range l.intake.snapshot.Connections {
		if c := &l.intake.snapshot.Connections[i]; c.Cookie == id.Cookie && c.ID() == id {
			return lastSight{c: c}
		}
	}
	for i := range l.gone {
		if c := &l.gone[i].c; c.ID() == id {
			return lastSight{c, true}
		}
	}
	return lastSight{}
}

// arrangeView works out what the place of the question shows beside connections.
func (l *Listing) arrangeView(matched []int32) {
	in, q := l.intake, &l.question
	switch q.at {
	case atListeners:
		l.listeners = listListeners(in, matched, q)
	case atTimeWait:
		l.listTimeWaits(matched)
	case atEvents:
		l.total = len(q.happened)
		l.events = listEvents(q)
		l.matched = len(l.events.items)
		q.happened = nil
	case atAdvice:
		l.findings = listFindings(in, matched, q)
	}
}

// keepGone puts the connections that have gone lately back to where they stood.
func (l *Listing) keepGone(last *Listing) {
	if last.question.scope != l.question.scope {
		return
	}
	lost := l.intake.lostSince(last.intake)
	if len(lost) == 0 && len(last.gone) == 0 {
		return
	}
	rows := l.rows
	l.rows = make([]int32, 0, len(rows)+len(last.gone))
	for place, n := range last.rows {
		c, stays := last.goneAt(n, lost, l.question.now)
		if !stays || len(l.gone) == maxGone || !l.question.filter.Match(&c.c) {
			continue
		}
		take := min(len(rows), max(0, place-len(l.rows)))
		l.rows = append(l.rows, rows[:take]...)
		rows = rows[take:]
		l.gone = append(l.gone, c)
		l.rows = append(l.rows, int32(-len(l.gone)))
	}
	l.rows = append(l.rows, rows...)
}

// goneAt tells whether the row n of the listing has gone by now but is still to
// be shown. TIME-WAIT ends by itself, which is no news.
func (l *Listing) goneAt(n int32, lost map[int32]struct{}, now time.Time) (goneRow, bool) {
	if n < 0 {
		g := l.gone[-1-n]
		return g, now.Sub(g.at) < goneFor
	}
	if _, gone := lost[n]; !gone {
		return goneRow{}, false
	}
	c := &l.intake.snapshot.Connections[n]
	return goneRow{c: *c, at: now}, c.State != conn.StateTimeWait
}

// measureAddresses finds how wide the columns of addresses must be, so that they
// are whole and no wider than needed.
func (l *Listing) measureAddresses() {
	for i := range l.rows {
		c, _ := l.row(i)
		local := endpointWidth(c.Local)
		l.widths[0] = max(l.widths[0], local)
		if c.State == conn.StateListen {
			l.widths[2] = max(l.widths[2], len(listenerPrefix)+local)
		} else {
			l.widths[1] = max(l.widths[1], endpointWidth(c.Remote))
		}
	}
}

// widest is the width of the longest address in the column of key, in its shape
// for a narrow terminal or a wide one.
func (l *Listing) widest(key conn.SortKey, narrow bool) int {
	switch {
	case key == conn.SortLocal:
		return l.widths[0]
	case narrow:
		return max(l.widths[1], l.widths[2])
	}
	return l.widths[1]
}
