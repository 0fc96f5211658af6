package conn

// roll remembers something of each connection from snapshot to snapshot. Where
// the snapshots say themselves where each stood before, nothing is searched.
type roll[T any] struct {
	// here is what is remembered of the connections of the present snapshot, by
	// their rows; nil where nothing is.
	here     []*memo[T]
	before   []*memo[T]      // of the one before
	absent   map[ID]*memo[T] // that the last snapshots lack, though they may be there
	snapshot uint64          // Snapshot.Number
	poll     uint64
}

// memo is one connection of a roll.
type memo[T any] struct {
	id   ID
	poll uint64 // the last snapshot that had it
	of   T
}

// rollPatience is for how many snapshots a connection is remembered that they
// lack although it may be there.
const rollPatience = 64

// follow turns to the next snapshot.
func (r *roll[T]) follow(s *Snapshot) {
	n := len(s.Connections)
	if cap(r.before) < n {
		r.before = make([]*memo[T], n, n+n/8)
	}
	r.here, r.before = r.before[:n], r.here
	clear(r.here)
	if s.follows(r.snapshot) {
		for i, row := range s.Before {
			if row >= 0 {
				r.here[i], r.before[row] = r.before[row], nil
			}
		}
	}
	r.poll++
	r.snapshot = s.Number
	r.leave()
	for i := range r.here {
		if r.here[i] == nil && len(r.absent) > 0 {
			id := s.Connections[i].ID()
			r.here[i] = r.absent[id]
			delete(r.absent, id)
		}
	}
	for _, e := range r.here {
		if e != nil {
			e.poll = r.poll
		}
	}
	r.forget(s.Whole())
}

// leave puts what the snapshot before had, and nobody has claimed yet, to those
// that are absent.
func (r *roll[T]) leave() {
	for _, e := range r.before {
		if e == nil {
			continue
		}
		if r.absent == nil {
			r.absent = make(map[ID]*memo[T])
		}
		r.absent[e.id] = e
	}
	clear(r.before)
}

// add begins to remember the connection in a row, anew if it was known.
func (r *roll[T]) add(row int, id ID, of T) *memo[T] {
	r.here[row] = &memo[T]{id: id, poll: r.poll, of: of}
	return r.here[row]
}

// forget drops the connections that are gone. What a snapshot lacks that is not
// whole may be there.
func (r *roll[T]) forget(whole bool) {
	if whole {
		r.absent = nil
		return
	}
	for id, e := range r.absent {
		if e.poll+rollPatience < r.poll {
			delete(r.absent, id)
		}
	}
}
