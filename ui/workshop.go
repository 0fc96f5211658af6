package ui

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/katop/katop/conn"
)

// workshop works snapshots into listings, off the program's goroutine, with
// memory that it uses again. It does one thing at a time.
type workshop struct {
	latest atomic.Int64 // number of the last question: older ones need no answer

	mu      sync.Mutex // guards what follows
	taken   int        // intakes
	differ  conn.Differ
	sorter  *conn.Sorter
	grouper *conn.Grouper
	now     []int32 // by row of an earlier snapshot: where the connection stands now, -1 for nowhere
	placed  []bool  // by row: it is in the order already
}

func newWorkshop(th conn.Thresholds) *workshop {
	return &workshop{sorter: conn.NewSorter(th), grouper: conn.NewGrouper(th)}
}

// take works a fresh snapshot into an intake, after the one before, and that
// into a listing.
func (w *workshop) take(s *conn.Snapshot, before *intake, q question, last *Listing) *Listing {
	w.mu.Lock()
	defer w.mu.Unlock()
	in := takeIn(s, before, q.thresholds, &w.differ)
	w.taken++
	in.number = w.taken
	return w.arrange(in, q, last)
}

// again answers another question from the same intake; nil where yet another was
// asked meanwhile.
func (w *workshop) again(in *intake, q question, last *Listing) *Listing {
	w.mu.Lock()
	defer w.mu.Unlock()
	if int64(q.number) < w.latest.Load() {
		return nil
	}
	return w.arrange(in, q, last)
}

// arrange answers q from an intake. The last listing, nil for the first, tells
// where the connections stood that have gone since.
func (w *workshop) arrange(in *intake, q question, last *Listing) *Listing {
	l := &Listing{question: q, intake: in}
	connections := in.snapshot.Connections
	order := w.matching(in, &q, last)
	l.matched, l.total = len(order), len(connections)
	l.arrangeView(order)
	w.sorter.Sort(connections, order, q.sort.key, q.sort.descending)
	if q.at == atProcesses || q.process != 0 {
		l.groups = groupProcesses(w.grouper, in.snapshot, order, &q)
	}
	l.process = in.sampleOf(q.process)
	l.ended = in.missing(q.marked)
	l.rows = order
	if last != nil {
		l.keepGone(last)
	}
	l.measureAddresses()
	if q.subject != (conn.ID{}) {
		l.subject = l.find(q.subject)
	}
	return l
}

// matching are the connections that the scope and the filter of q hold, as they
// stood in the last listing, for what is nearly in order is sorted soon; what
// that lacks comes after.
func (w *workshop) matching(in *intake, q *question, last *Listing) []int32 {
	connections := in.snapshot.Connections
	holds := in.within(q.scope)
	order := make([]int32, 0, len(connections))
	add := func(row int32) {
		if c := &connections[row]; holds(row, c) && q.filter.Match(c) {
			order = append(order, row)
		}
	}
	if last == nil || last.intake != in && !in.follows(last.intake) {
		for i := range connections {
			add(int32(i))
		}
		return order
	}
	w.place(in, last)
	for _, row := range last.rows {
		if row < 0 {
			continue
		}
		if row = w.now[row]; row >= 0 {
			w.placed[row] = true
			add(row)
		}
	}
	for i, placed := range w.placed {
		if !placed {
			add(int32(i))
		}
	}
	return order
}

// place finds where the connections of the last listing's snapshot stand now.
func (w *workshop) place(in *intake, last *Listing) {
	w.placed = slices.Grow(w.placed[:0], len(in.snapshot.Connections))[:len(in.snapshot.Connections)]
	clear(w.placed)
	earlier := len(last.intake.snapshot.Connections)
	w.now = slices.Grow(w.now[:0], earlier)[:earlier]
	if last.intake == in {
		for i := range w.now {
			w.now[i] = int32(i)
		}
		return
	}
	for i := range w.now {
		w.now[i] = -1
	}
	for i, before := range in.rowsBefore {
		if before >= 0 {
			w.now[before] = int32(i)
		}
	}
}
