package ui

import (
	"sync"
	"time"

	"github.com/katop/katop/conn"
)

// intake is a snapshot with what can be told of it as a whole: worked out once,
// however often it is arranged anew.
type intake struct {
	snapshot *conn.Snapshot
	before   *conn.Snapshot // the one that changes and rates are against; nil for the first
	summary  conn.Summary
	rates    conn.HostRates
	deaths   conn.Rate
	changes  conn.Changes

	// What only some views show is worked out when one of them is there.
	listeners func() []listener
	timeWaits func() conn.TimeWaits
	findings  func() []conn.Finding
}

// takeIn works out an intake after the one before, nil for the first.
func takeIn(s *conn.Snapshot, last *intake, th conn.Thresholds) *intake {
	in := &intake{
		snapshot: s, summary: conn.Summarize(s, &th),
		listeners: sync.OnceValue(func() []listener { return listenersOf(s) }),
		timeWaits: sync.OnceValue(func() conn.TimeWaits { return conn.TimeWaitsOf(s) }),
		findings:  sync.OnceValue(func() []conn.Finding { return conn.Findings(s, &th, conn.Profiles()[0].Params) }),
	}
	if last == nil {
		return in
	}
	in.before = last.snapshot
	var differ conn.Differ
	in.changes = differ.Diff(last.snapshot, s)
	in.rates = conn.RatesBetween(last.snapshot, s)
	in.deaths = conn.Rate{PerSecond: float64(died(s.Events)) / s.At.Sub(last.snapshot.At).Seconds(), Known: s.At.After(last.snapshot.At)}
	return in
}

// died counts the connections that were given up, reset or killed.
func died(events []conn.Event) int {
	n := 0
	for i := range events {
		if events[i].Kind == conn.EventDied {
			n++
		}
	}
	return n
}

func listenersOf(s *conn.Snapshot) []listener {
	found := conn.Listeners(s)
	listeners := make([]listener, len(found))
	for i := range found {
		listeners[i] = listener{found[i], s.Connections[found[i].Row]}
	}
	return listeners
}

// lostSince is the connections of an earlier intake that are no longer there, by
// their index in it. It is empty for the same intake.
func (in *intake) lostSince(earlier *intake) map[int32]struct{} {
	if in == earlier || in.before != earlier.snapshot {
		return nil
	}
	lost := make(map[int32]struct{}, len(in.changes.Gone))
	for _, i := range in.changes.Gone {
		lost[i] = struct{}{}
	}
	return lost
}

// age is how old the data on the screen is.
func (in *intake) age(now time.Time) time.Duration { return now.Sub(in.snapshot.At) }
