package ui

import (
	"maps"
	"sync"
	"time"

	"github.com/katop/katop/conn"
)

// intake is a snapshot with what can be told of it as a whole: worked out once,
// however often it is arranged anew.
type intake struct {
	number   int // no two have the same; 1 is the first
	previous int // number of the one that it was compared with; 0: none
	snapshot *conn.Snapshot
	before   earlier
	summary  conn.Summary
	rates    conn.HostRates
	deaths   conn.Rate // connections given up by a timeout
	several  bool      // connections of more than one network namespace

	// What follows is against the one before.
	rowsBefore []int32  // by row: that in the snapshot before, -1 for what has come since
	resent     []uint32 // by row: segments sent again since then, as far as it is known
	gone       []int32  // rows of the snapshot before

	// What only some views show is worked out when one of them is there.
	listeners func() []listener
	listening func() conn.Listening
	timeWaits func() conn.TimeWaits
	findings  func() []conn.Finding
}

// earlier is what an intake keeps of the snapshot before it: not the connections,
// whose memory is used again.
type earlier struct {
	at         time.Time // zero: there was none
	namespaces []conn.Namespace
}

// takeIn works out an intake after the one before, nil for the first.
func takeIn(s *conn.Snapshot, last *intake, th conn.Thresholds, differ *conn.Differ) *intake {
	in := &intake{
		snapshot: s, summary: conn.Summarize(s, &th), several: inSeveralNamespaces(s),
		listeners: sync.OnceValue(func() []listener { return listenersOf(s) }),
		listening: sync.OnceValue(func() conn.Listening { return conn.ListeningOf(s) }),
		timeWaits: sync.OnceValue(func() conn.TimeWaits { return conn.TimeWaitsOf(s) }),
		findings:  sync.OnceValue(func() []conn.Finding { return conn.Findings(s, &th, conn.Profiles()[0].Params) }),
	}
	if last == nil {
		return in
	}
	in.previous = last.number
	in.before = earlier{last.snapshot.At, last.snapshot.Namespaces}
	in.compare(last.snapshot, differ)
	in.rates = conn.RatesBetween(last.snapshot, s)
	deaths := 0
	for i := range s.Events {
		if timedOut(&s.Events[i]) {
			deaths++
		}
	}
	in.deaths = in.perSecond(deaths)
	return in
}

// compare finds what has changed since the snapshot before.
func (in *intake) compare(before *conn.Snapshot, differ *conn.Differ) {
	n := len(in.snapshot.Connections)
	in.rowsBefore, in.resent = make([]int32, n), make([]uint32, n)
	for i := range in.rowsBefore {
		in.rowsBefore[i] = -1
	}
	changes := differ.Diff(before, in.snapshot)
	for _, kept := range changes.Kept {
		in.rowsBefore[kept.Next] = kept.Prev
		resent, _ := resentSince(&before.Connections[kept.Prev], &in.snapshot.Connections[kept.Next])
		in.resent[kept.Next] = uint32(resent)
	}
	in.gone = changes.Gone
}

// inSeveralNamespaces tells whether not all connections are of one network
// namespace.
func inSeveralNamespaces(s *conn.Snapshot) bool {
	for i := range s.Connections {
		if s.Connections[i].NetNS.Inode != s.Connections[0].NetNS.Inode {
			return true
		}
	}
	return false
}

// perSecond is the rate of what was counted n times since the intake before.
func (in *intake) perSecond(n int) conn.Rate {
	if in.before.at.IsZero() {
		return conn.Rate{}
	}
	elapsed := in.snapshot.At.Sub(in.before.at).Seconds()
	if elapsed <= 0 {
		return conn.Rate{}
	}
	return conn.Rate{PerSecond: float64(n) / elapsed, Known: true}
}

func listenersOf(s *conn.Snapshot) []listener {
	found := conn.Listeners(s)
	listeners := make([]listener, len(found))
	for i := range found {
		listeners[i] = listener{found[i], s.Connections[found[i].Row]}
	}
	return listeners
}

// follows tells whether the intake was compared with an earlier one.
func (in *intake) follows(earlier *intake) bool { return in.previous == earlier.number }

// lostSince is the connections of an earlier intake that are no longer there, by
// their index in it. It is empty for the same intake.
func (in *intake) lostSince(earlier *intake) map[int32]struct{} {
	if !in.follows(earlier) {
		return nil
	}
	lost := make(map[int32]struct{}, len(in.gone))
	for _, i := range in.gone {
		lost[i] = struct{}{}
	}
	return lost
}

// age is how old the data on the screen is.
func (in *intake) age(now time.Time) time.Duration { return now.Sub(in.snapshot.At) }

// rowsOf finds connections in the snapshot.
func (in *intake) rowsOf(ids []conn.ID) map[conn.ID]int32 {
	if len(ids) == 0 {
		return nil
	}
	rows := make(map[conn.ID]int32, len(ids))
	for _, id := range ids {
		rows[id] = -1
	}
	for i := range in.snapshot.Connections {
		id := in.snapshot.Connections[i].ID()
		if _, wanted := rows[id]; wanted {
			rows[id] = int32(i)
		}
	}
	maps.DeleteFunc(rows, func(_ conn.ID, row int32) bool { return row < 0 })
	return rows
}

// missing is which of these connections are not there any more.
func (in *intake) missing(ids []conn.ID) map[conn.ID]struct{} {
	if len(ids) == 0 || !in.snapshot.Whole() {
		return nil
	}
	there := in.rowsOf(ids)
	missing := map[conn.ID]struct{}{}
	for _, id := range ids {
		if _, found := there[id]; !found {
			missing[id] = struct{}{}
		}
	}
	return missing
}
