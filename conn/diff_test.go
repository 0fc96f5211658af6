package conn

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dump makes a snapshot of connections with these cookies.
func dump(cookies ...uint64) *Snapshot {
	s := &Snapshot{}
	for _, cookie := range cookies {
		s.Connections = append(s.Connections, Connection{NetNS: NetNS{Inode: 1}, Cookie: cookie, State: StateEstablished})
	}
	return s
}

func TestDiff(t *testing.T) {
	t.Parallel()
	closing := dump(1, 2)
	closing.Connections[1].State = StateTimeWait
	elsewhere := dump(1, 2)
	elsewhere.Connections[1].NetNS.Inode = 9
	for _, tt := range []struct {
		name       string
		prev, next *Snapshot
		want       Changes
	}{
		{"no earlier snapshot", nil, dump(1), Changes{}},
		{"from nothing", dump(), dump(1), Changes{Opened: []int32{0}}},
		{"to nothing", dump(1), dump(), Changes{Gone: []int32{0}}},
		{"unchanged", dump(1, 2), dump(1, 2), Changes{Kept: []Pair{{0, 0}, {1, 1}}}},
		{"another order", dump(1, 2, 3), dump(3, 1, 2), Changes{Kept: []Pair{{2, 0}, {0, 1}, {1, 2}}}},
		{"came and went", dump(1, 2, 3), dump(1, 4, 3), Changes{Opened: []int32{1}, Gone: []int32{1}, Kept: []Pair{{0, 0}, {2, 2}}}},
		{"another state", dump(1, 2), closing, Changes{Kept: []Pair{{0, 0}, {1, 1}}}},
		{"the cookie of another namespace", dump(1, 2), elsewhere, Changes{Opened: []int32{1}, Gone: []int32{1}, Kept: []Pair{{0, 0}}}},
		{"doubled before", dump(1, 2, 1), dump(1, 2), Changes{Kept: []Pair{{0, 0}, {1, 1}}}},
		{"doubled before, in a row", dump(1, 1, 2), dump(1, 2), Changes{Kept: []Pair{{0, 0}, {2, 1}}}},
		{"doubled before and gone", dump(1, 2, 1), dump(2), Changes{Gone: []int32{0}, Kept: []Pair{{1, 0}}}},
		{"doubled after", dump(1, 2), dump(1, 2, 1), Changes{Kept: []Pair{{0, 0}, {1, 1}}}},
		{"doubled and new", dump(1), dump(2, 1, 2), Changes{Opened: []int32{0}, Kept: []Pair{{0, 1}}}},
		{"doubled in both", dump(1, 1), dump(1, 1), Changes{Kept: []Pair{{0, 0}}}},
	} {
		var d Differ
		for _, round := range []string{"first", "reused"} {
			got := d.Diff(tt.prev, tt.next)
			want := tt.want
			if len(got.Kept) == 0 {
				got.Kept = nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", tt.name, round, diff)
			}
			d.Diff(dump(1, 2, 3, 7, 8, 9), dump(7, 2, 10, 11)) // must leave nothing behind
		}
	}
}

// TestDiffAddsUp: on random dumps every distinct connection is opened, gone or
// kept exactly once, as plain sets say.
func TestDiffAddsUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	random := func() *Snapshot {
		cookies := make([]uint64, r.IntN(30))
		for i := range cookies {
			cookies[i] = 1 + r.Uint64N(20)
		}
		return dump(cookies...)
	}
	set := func(s *Snapshot) map[ID]bool {
		ids := map[ID]bool{}
		for i := range s.Connections {
			ids[s.Connections[i].ID()] = true
		}
		return ids
	}
	var d Differ
	for range 2000 {
		prev, next := random(), random()
		before, after := set(prev), set(next)
		changes := d.Diff(prev, next)
		for _, i := range changes.Opened {
			id := next.Connections[i].ID()
			if before[id] || !after[id] {
				t.Fatalf("%v opened, or opened twice", id)
			}
			delete(after, id)
		}
		for _, p := range changes.Kept {
			id := next.Connections[p.Next].ID()
			if prev.Connections[p.Prev].ID() != id || !before[id] || !after[id] {
				t.Fatalf("%v kept, or kept twice", id)
			}
			delete(before, id)
			delete(after, id)
		}
		for _, i := range changes.Gone {
			id := prev.Connections[i].ID()
			if !before[id] {
				t.Fatalf("%v gone, or gone twice", id)
			}
			delete(before, id)
		}
		if len(before) > 0 || len(after) > 0 {
			t.Fatalf("left out: %v and %v", before, after)
		}
	}
}
