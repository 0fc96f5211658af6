package conn

// roll remembers something of each connection from snapshot to snapshot. Dumps
// come in an order that hardly changes, so most are found without a search.
type roll[T any] struct {
	known   map[ID]*memo[T]
	present []*memo[T] // of this snapshot, in its order
	before  []*memo[T] // of the one before
	next    int        // in before: the one that most often is met next
	poll    uint64
}

// memo is one connection of a roll.
type memo[T any] struct {
	id    ID
	poll  uint64 // the last snapshot that had it
	place int    // among those of that snapshot
	of    T
}

// rollPatience is for how many snapshots a connection is remembered that they
// lack although it may be there.
const rollPatience = 64

// begin turns to the next snapshot, of so many connections at most.
func (r *roll[T]) begin(connections int) {
	if r.known == nil {
		r.known = make(map[ID]*memo[T], connections)
		r.before = make([]*memo[T], 0, connections)
		r.present = make([]*memo[T], 0, connections)
	}
	r.poll++
	clear(r.before)
	r.before, r.present, r.next = r.present, r.before[:0], 0
}

// find is what is remembered of a connection, nil if nothing is.
func (r *roll[T]) find(id ID) *memo[T] {
	if r.next < len(r.before) && r.before[r.next].id == id {
		r.next++
		return r.before[r.next-1]
	}
	e := r.known[id]
	if e != nil {
		r.next = e.place + 1
	}
	return e
}

// add begins to remember a connection, anew if it was known.
func (r *roll[T]) add(id ID, of T) *memo[T] {
	e := &memo[T]{id: id, of: of}
	r.known[id] = e
	return e
}

// meet notes that the snapshot has a connection, and tells whether that is new:
// it may stand there twice.
func (r *roll[T]) meet(e *memo[T]) (fresh bool) {
	if e.poll == r.poll {
		return false
	}
	e.poll, e.place = r.poll, len(r.present)
	r.present = append(r.present, e)
	return true
}

// forget drops the connections that are gone. What a snapshot lacks that is not
// whole may be there.
func (r *roll[T]) forget(whole bool) {
	if len(r.present) == len(r.known) {
		return
	}
	patience := uint64(rollPatience)
	if whole {
		patience = 0
	}
	for id, e := range r.known {
		if e.poll+patience < r.poll {
			delete(r.known, id)
		}
	}
}
