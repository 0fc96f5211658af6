package conn

import (
	"math/rand/v2"
	"testing"
)

// TestRoll holds that what is remembered is found again, in whatever order the
// snapshots come and with whatever holes.
func TestRoll(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 5))
	var r roll[uint64]
	alive := map[uint64]bool{} // by cookie
	for cookie := range uint64(50) {
		alive[cookie] = true
	}
	for poll := range 200 {
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
		r.begin(0)
		for _, cookie := range append(order, order...) { // each twice
			id := ID{Cookie: cookie}
			e := r.find(id)
			if e == nil {
				e = r.add(id, cookie)
			}
			if e.id != id || e.of != cookie {
				t.Fatalf("poll %d: found %+v, want that of %d", poll, e, cookie)
			}
			r.meet(e)
		}
		if len(r.present) != len(order) {
			t.Fatalf("poll %d: %d are there, want %d", poll, len(r.present), len(order))
		}
		r.forget(true)
		if len(r.known) != len(order) {
			t.Fatalf("poll %d: remembers %d, want %d", poll, len(r.known), len(order))
		}
	}
}
