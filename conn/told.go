package conn

// toldLimit is how many connections told remembers at least, and half of how
// many at most.
const toldLimit = 1 << 15

// told remembers the connections whose end has been told by one witness, the
// kernel or the snapshots, and not by the other. It forgets the oldest when there
// are too many.
type told struct{ recent, older map[ID]struct{} }

func (t *told) add(id ID) {
	if t.recent == nil || len(t.recent) >= toldLimit {
		t.older, t.recent = t.recent, map[ID]struct{}{}
	}
	t.recent[id] = struct{}{}
}

// forget drops a connection and tells whether it was there.
func (t *told) forget(id ID) bool {
	for _, ids := range []map[ID]struct{}{t.recent, t.older} {
		if _, there := ids[id]; there {
			delete(ids, id)
			return true
		}
	}
	return false
}
