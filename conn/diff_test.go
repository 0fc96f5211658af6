package conn

import (
	"math/rand/v2"
	"slices"
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

// sequence is n cookies in a row.
func sequence(first uint64, n int) []uint64 {
	cookies := make([]uint64, n)
	for i := range cookies {
		cookies[i] = first + uint64(i)
	}
	return cookies
}

func rows(first int32, n int) (rows []int32) {
	for i := range n {
		rows = append(rows, first+int32(i))
	}
	return rows
}

func keptPairs(prev, next int32, n int) (pairs []Pair) {
	for i := range int32(n) {
		pairs = append(pairs, Pair{prev + i, next + i})
	}
	return pairs
}

func TestDiff(t *testing.T) {
	t.Parallel()
	closing := dump(1, 2)
	closing.Connections[1].State = StateTimeWait
	elsewhere := dump(1, 2)
	elsewhere.Connections[1].NetNS.Inode = 9
	many := sequence(1, 200)
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
		{"a few in a row are gone", dump(many...), dump(many[10:]...), Changes{Gone: rows(0, 10), Kept: keptPairs(10, 0, 190)}},
		{"many in a row are gone", dump(many...), dump(many[100:]...), Changes{Gone: rows(0, 100), Kept: keptPairs(100, 0, 100)}},
		{"many in a row came", dump(many[100:]...), dump(many...), Changes{Opened: rows(0, 100), Kept: keptPairs(0, 100, 100)}},
		{"halves change places", dump(many...), dump(slices.Concat(many[100:], many[:100])...), Changes{Kept: append(keptPairs(100, 0, 100), keptPairs(0, 100, 100)...)}},
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
	// random leaves out some in a row, and moves others.
	random := func() *Snapshot {
		cookies := sequence(1, 300)
		for range 3 {
			from := r.IntN(len(cookies))
			run := min(r.IntN(2*diffLost), len(cookies)-from)
			moved := slices.Clone(cookies[from : from+run])
			cookies = slices.Delete(cookies, from, from+run)
			if r.IntN(2) > 0 {
				cookies = slices.Insert(cookies, r.IntN(len(cookies)+1), moved...)
			}
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
	for round := range 1000 {
		prev, next := random(), random()
		if round%2 > 0 {
			prev.Number, next.Number = uint64(round), uint64(round+1)
			next.Before = placesIn(prev, next)
		}
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

// placesIn is what a source says of where the connections of next stood in prev.
func placesIn(prev, next *Snapshot) []int32 {
	rows := map[ID]int32{}
	for i := range prev.Connections {
		rows[prev.Connections[i].ID()] = int32(i)
	}
	before := make([]int32, len(next.Connections))
	for i := range next.Connections {
		row, there := rows[next.Connections[i].ID()]
		if !there {
			row = -1
		}
		before[i] = row
	}
	return before
}

// TestDiffOfOthers: what a snapshot says of another one is not taken for this.
func TestDiffOfOthers(t *testing.T) {
	t.Parallel()
	prev, next := dump(1, 2), dump(2, 1)
	prev.Number, next.Number, next.Before = 7, 9, []int32{0, 1}
	var d Differ
	want := []Pair{{1, 0}, {0, 1}}
	if got := d.Diff(prev, next).Kept; !slices.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
}
