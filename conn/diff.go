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
	prev    map[ID]int32    // first index in the earlier snapshot
	settled []bool          // by index in the earlier snapshot: kept, or a double
	opened  map[ID]struct{} // in the later snapshot only
}

// Diff tells what changed from prev to next. A connection is known by its ID,
// whatever its state has become; one that stands in a dump twice counts once,
// its first entry. Without an earlier snapshot (nil) nothing is known to have
// changed. Both must come from polls with the same filter.
func (d *Differ) Diff(prev, next *Snapshot) Changes {
	if prev == nil {
		return Changes{}
	}
	d.index(prev.Connections)
	changes := Changes{Kept: make([]Pair, 0, len(next.Connections))}
	follower := int32(0) // behind the last one kept: most often the next to be kept
	for i := range next.Connections {
		id := next.Connections[i].ID()
		at, known := d.find(prev.Connections, id, follower)
		switch {
		case !known:
			if _, doubled := d.opened[id]; !doubled {
				d.opened[id] = struct{}{}
				changes.Opened = append(changes.Opened, int32(i))
			}
		case !d.settled[at]:
			d.settled[at] = true
			changes.Kept = append(changes.Kept, Pair{Prev: at, Next: int32(i)})
			follower = at + 1
		}
	}
	for i, settled := range d.settled {
		if !settled {
			changes.Gone = append(changes.Gone, int32(i))
		}
	}
	return changes
}

// index forgets the last comparison and learns the earlier snapshot.
func (d *Differ) index(prev []Connection) {
	if d.prev == nil {
		d.prev = make(map[ID]int32, len(prev))
		d.opened = map[ID]struct{}{}
	}
	clear(d.prev)
	clear(d.opened)
	d.settled = slices.Grow(d.settled[:0], len(prev))[:len(prev)]
	for i := range prev {
		id := prev[i].ID()
		_, doubled := d.prev[id]
		if !doubled {
			d.prev[id] = int32(i)
		}
		d.settled[i] = doubled
	}
}

// find is the index of a connection in the earlier snapshot. A good guess saves
// the look-up.
func (d *Differ) find(prev []Connection, id ID, guess int32) (int32, bool) {
	if int(guess) < len(prev) && !d.settled[guess] && prev[guess].ID() == id {
		return guess, true
	}
	at, known := d.prev[id]
	return at, known
}
