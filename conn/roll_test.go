package conn

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestRoll holds that what is remembered is found again, in whatever order the
// snapshots come, with whatever holes, and whether or not they say where each
// connection stood before.
func TestRoll(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 5))
	var r roll[uint64]
	alive := map[uint64]bool{} // by cookie
	for cookie := range uint64(50) {
		alive[cookie] = true
	}
	var last []uint64
	for poll := range 300 {
		var order []uint64
		for cookie := range uint64(60) {
			if random.IntN(20) == 0 {
				alive[cookie] = !alive[cookie]
			}
			if alive[cookie] {
				order = append(order, cookie)
			}
		}
		if poll%3 == 0 { // else in the order of the poll before
			random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		s := &Snapshot{Number: uint64(poll + 1)}
		for _, cookie := range order {
			s.Connections = append(s.Connections, Connection{Cookie: cookie})
			s.Before = append(s.Before, int32(slices.Index(last, cookie)))
		}
		switch poll % 5 {
		case 0:
			s.Before = nil
		case 1:
			s.Number += 1000 // of another snapshot than the one before
		}
		known := map[uint64]bool{}
		for _, cookie := range last {
			known[cookie] = true
		}
		r.follow(s)
		for i, cookie := range order {
			id := ID{Cookie: cookie}
			e := r.here[i]
			if (e != nil) != known[cookie] {
				t.Fatalf("poll %d: %d is remembered: %v, want %v", poll, cookie, e != nil, known[cookie])
			}
			if e == nil {
				e = r.add(i, id, cookie)
			}
			if e.id != id || e.of != cookie || e.poll != r.poll {
				t.Fatalf("poll %d: found %+v, want that of %d", poll, e, cookie)
			}
		}
		if len(r.here) != len(order) || len(r.absent) != 0 {
			t.Fatalf("poll %d: %d are here and %d absent, want %d and none", poll, len(r.here), len(r.absent), len(order))
		}
		last = order
	}
}

// TestRollAbsent holds that what a snapshot lacks that is not whole is
// remembered for a while, and no longer.
func TestRollAbsent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lacking int // snapshots
		whole   bool
		want    bool
	}{{1, false, true}, {rollPatience, false, true}, {rollPatience + 1, false, false}, {1, true, false}} {
		var r roll[int]
		with, without := Snapshot{Connections: []Connection{{Cookie: 1}}}, Snapshot{Narrowed: !tt.whole}
		r.follow(&with)
		r.add(0, ID{Cookie: 1}, 5)
		for range tt.lacking {
			r.follow(&without)
		}
		r.follow(&with)
		if got := r.here[0] != nil; got != tt.want {
			t.Errorf("%+v: remembered %v", tt, got)
		}
	}
}

// len is how many connections are remembered.
func (r *roll[T]) len() int {
	n := len(r.absent)
	for _, e := range r.here {
		if e != nil {
			n++
		}
	}
	return n
}
