package ui

import (
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
	changes  conn.Changes
	deaths   int // connections that vanished with keepalive probes unanswered, since the start
}

// takeIn works out an intake after the one before, nil for the first.
func takeIn(s *conn.Snapshot, last *intake, th conn.Thresholds) *intake {
	in := &intake{snapshot: s, summary: conn.Summarize(s, &th)}
	if last == nil {
		return in
	}
	in.before, in.deaths = last.snapshot, last.deaths
	var differ conn.Differ
	in.changes = differ.Diff(last.snapshot, s)
	in.rates = conn.RatesBetween(last.snapshot, s)
	for _, i := range in.changes.Gone {
		if n, ok := last.snapshot.Connections[i].Unanswered(); ok && n > 0 {
			in.deaths++
		}
	}
	return in
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
