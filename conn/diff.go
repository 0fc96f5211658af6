package conn

import "slices"

// Changes is what happened between two snapshots.
type Changes struct {
	Opened []int32 // indexes in the later one
	Gone   []int32 // indexes in the earlier one
	Kept   []Pair  // in the order of the later one
}

// Pair is one connection in both snapshots.
type Pair struct {
	Prev, Next int32 // its indexes
}

// Differ compares snapshots. It keeps its memory between calls, so it must not
// be used by two goroutines at once. The zero Differ is ready.
type Differ struct {
	settled []bool       // by index in the earlier snapshot: kept
	kept    []Pair       // the memory of Changes.Kept
	rest    map[ID]int32 // those of the earlier snapshot that were not settled when it was made
	indexed bool         // rest is of this comparison
}

const (
	// diffReach is how far ahead of the last one kept the next is looked for
	// without an index.
	diffReach = 16
	// diffLost is how many in a row are not found there until the index is made:
	// more than so many between them are gone.
	diffLost = 64
	// unsettled stands for the index of one that is not found yet.
	unsettled = -1
)

// Diff tells what changed from prev to next. A connection is known by its ID,
// whatever its state has become; none may stand in a snapshot twice. Without an
// earlier snapshot (nil) nothing is known to have changed. Both must come from
// polls with the same filter. The next Diff uses the memory of Kept again.
//
// Where next does not say itself where its connections stood in prev, they are
// looked for: dumps come in an order that hardly changes, so that is one pass over
// both.
func (d *Differ) Diff(prev, next *Snapshot) Changes {
	if prev == nil {
		return Changes{}
	}
	d.begin(len(prev.Connections), len(next.Connections))
	var changes Changes
	if next.follows(prev.Number) {
		changes.Opened = d.read(next.Before)
	} else {
		changes.Opened = d.search(prev, next)
	}
	changes.Kept = d.kept
	for i, settled := range d.settled {
		if !settled {
			changes.Gone = append(changes.Gone, int32(i))
		}
	}
	return changes
}

// read takes over where each stood before.
func (d *Differ) read(before []int32) (opened []int32) {
	for i, at := range before {
		if at < 0 {
			opened = append(opened, int32(i))
			continue
		}
		d.settled[at] = true
		d.kept = append(d.kept, Pair{Prev: at, Next: int32(i)})
	}
	return opened
}

// search finds where each stood before.
func (d *Differ) search(prev, next *Snapshot) (opened []int32) {
	lost, found := 0, true
	follower := int32(0) // behind the last one kept
	for i := range next.Connections {
		id := next.Connections[i].ID()
		at := d.ahead(prev.Connections, id, follower)
		if at == unsettled && (d.indexed || lost == diffLost) {
			at = d.anywhere(prev.Connections, id)
		}
		d.kept = append(d.kept, Pair{Prev: at, Next: int32(i)})
		if at == unsettled {
			lost, found = lost+1, false
			continue
		}
		d.settled[at] = true
		lost, follower = 0, at+1
	}
	if found {
		return nil
	}
	return d.settle(prev.Connections, next.Connections)
}

// begin forgets the last comparison.
func (d *Differ) begin(prev, next int) {
	d.settled = slices.Grow(d.settled[:0], prev)[:prev]
	clear(d.settled)
	d.kept = slices.Grow(d.kept[:0], next)
	d.indexed = false
}

// ahead looks for a connection shortly behind the last one kept.
func (d *Differ) ahead(prev []Connection, id ID, follower int32) int32 {
	for at := follower; at < min(follower+diffReach, int32(len(prev))); at++ {
		if prev[at].ID() == id && !d.settled[at] {
			return at
		}
	}
	return unsettled
}

// anywhere looks for a connection among all that are not settled.
func (d *Differ) anywhere(prev []Connection, id ID) int32 {
	if !d.indexed {
		d.index(prev)
	}
	if at, known := d.rest[id]; known && !d.settled[at] {
		return at
	}
	return unsettled
}

func (d *Differ) index(prev []Connection) {
	if d.rest == nil {
		d.rest = map[ID]int32{}
	}
	clear(d.rest)
	for i := range prev {
		if !d.settled[i] {
			d.rest[prev[i].ID()] = int32(i)
		}
	}
	d.indexed = true
}

// settle looks once more for those that were not found. Those that are nowhere
// have opened.
func (d *Differ) settle(prev, next []Connection) (opened []int32) {
	found := d.kept[:0]
	for _, pair := range d.kept {
		if pair.Prev == unsettled {
			pair.Prev = d.anywhere(prev, next[pair.Next].ID())
		}
		if pair.Prev == unsettled {
			opened = append(opened, pair.Next)
			continue
		}
		d.settled[pair.Prev] = true
		found = append(found, pair)
	}
	d.kept = found
	return opened
}
