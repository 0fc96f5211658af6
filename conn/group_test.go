package conn

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hostSnapshot is host() in the order listener, web, queue, timewait, foreign.
func hostSnapshot() *Snapshot {
	h := host()
	return &Snapshot{Connections: []Connection{h["listener"], h["web"], h["queue"], h["timewait"], h["foreign"]}}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	type summary struct {
		title   string
		key     GroupKey
		members []int32
	}
	peer := func(addr string) GroupKey { return GroupKey{Peer: netip.MustParseAddr(addr)} }
	for _, tt := range []struct {
		by    GroupBy
		order []int32
		want  []summary
	}{
		{ByProcess, []int32{0, 1, 2, 3, 4}, []summary{
			{"nginx/8120", GroupKey{PID: 8120}, []int32{0, 1}},
			{"nginx/8121", GroupKey{PID: 8121}, []int32{1}}, // a second owner of the same socket
			{"My App/2210", GroupKey{PID: 2210}, []int32{2}},
			{"no process known", GroupKey{}, []int32{3, 4}},
		}},
		{ByProcess, []int32{4, 1, 0}, []summary{ // in the order that was asked for, and nothing else
			{"no process known", GroupKey{}, []int32{4}},
			{"nginx/8120", GroupKey{PID: 8120}, []int32{1, 0}},
			{"nginx/8121", GroupKey{PID: 8121}, []int32{1}},
		}},
		{ByUnit, []int32{0, 1, 2, 3, 4}, []summary{
			{"web.service", GroupKey{Unit: "web.service"}, []int32{0, 1}},
			{"queue.service", GroupKey{Unit: "queue.service"}, []int32{2}},
			{"no unit known", GroupKey{}, []int32{3, 4}},
		}},
		{ByPeer, []int32{0, 1, 2, 3, 4}, []summary{
			{"no peer", GroupKey{}, []int32{0}},
			{"10.9.4.7", peer("10.9.4.7"), []int32{1}},
			{"10.0.9.4", peer("10.0.9.4"), []int32{2}}, // IPv4-mapped
			{"192.0.2.1", peer("192.0.2.1"), []int32{3}},
			{"2001:db8:1::9", peer("2001:db8:1::9"), []int32{4}},
		}},
		{ByLocalPort, []int32{0, 1, 2, 3, 4}, []summary{
			{":443", GroupKey{Port: 443}, []int32{0, 1}},
			{":41022", GroupKey{Port: 41022}, []int32{2}},
			{":8080", GroupKey{Port: 8080}, []int32{3}},
			{":5432", GroupKey{Port: 5432}, []int32{4}},
		}},
		{ByUnit, nil, nil},
	} {
		grouper := NewGrouper(DefaultThresholds())
		grouper.Group(hostSnapshot(), []int32{4, 2}, tt.by) // must leave nothing behind
		var got []summary
		for _, g := range grouper.Group(hostSnapshot(), tt.order, tt.by) {
			got = append(got, summary{g.Title, g.Key, g.Members})
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(summary{}), cmp.Comparer(func(a, b GroupKey) bool { return a == b })); diff != "" {
			t.Errorf("%s %v (-want +got):\n%s", tt.by, tt.order, diff)
		}
	}
}

func TestGroupNumbers(t *testing.T) {
	t.Parallel()
	s := hostSnapshot()
	for i := range s.Connections {
		s.Connections[i].Unit = "all.service"
	}
	groups := NewGrouper(DefaultThresholds()).Group(s, allRows(s), ByUnit)
	want := Group{
		Key: GroupKey{Unit: "all.service"}, Title: "all.service", Members: allRows(s),
		Coverage:      Coverage{On: 1, Off: 1, Guarded: 1, Unguarded: 1},
		WorstSilence:  41 * time.Minute,
		SilenceKnown:  true,
		WorstSeverity: SeverityCritical,
	}
	want.ByState[StateEstablished], want.ByState[StateTimeWait], want.ByState[StateListen], want.ByState[StateCloseWait] = 2, 1, 1, 1
	if diff := cmp.Diff([]Group{want}, groups, cmp.Comparer(func(a, b GroupKey) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	silent := NewGrouper(DefaultThresholds()).Group(s, []int32{3}, ByUnit)[0]
	if silent.SilenceKnown || silent.WorstSilence != 0 {
		t.Errorf("silence of a lone minisock: %v, %v", silent.WorstSilence, silent.SilenceKnown)
	}
}

// TestGroupOnce: a process that holds two descriptors of a socket holds one
// connection.
func TestGroupOnce(t *testing.T) {
	t.Parallel()
	s := &Snapshot{Connections: []Connection{{Owners: []Owner{
		{PID: 7, FD: 3, Name: "a"}, {PID: 7, FD: 9, Name: "a"}, {PID: 8, FD: 3, Name: "b"},
	}}}}
	var got []string
	for _, g := range NewGrouper(DefaultThresholds()).Group(s, []int32{0}, ByProcess) {
		got = append(got, fmt.Sprint(g.Title, g.Members))
	}
	if diff := cmp.Diff([]string{"a/7[0]", "b/8[0]"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestGroupsLoseNothing: apart from processes, which share sockets, every row
// is in exactly one group; and appending to one group's members leaves the
// others alone.
func TestGroupsLoseNothing(t *testing.T) {
	t.Parallel()
	s := plausible(3000, 8)
	for by := ByProcess; by <= ByLocalPort; by++ {
		groups := NewGrouper(DefaultThresholds()).Group(s, allRows(s), by)
		for i := range groups {
			_ = append(groups[i].Members, -1)
		}
		var rows []int32
		for _, g := range groups {
			total := 0
			for _, n := range g.ByState {
				total += n
			}
			if total != len(g.Members) {
				t.Errorf("%s %s: %d in states, %d members", by, g.Title, total, len(g.Members))
			}
			rows = append(rows, g.Members...)
		}
		if slices.Sort(rows); !slices.Equal(rows, allRows(s)) {
			t.Errorf("%s: %d rows in groups, want each of %d once", by, len(rows), len(s.Connections))
		}
	}
}
