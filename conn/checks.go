package conn

import (
	"maps"
	"time"
)

// Checks remembers which peers did not answer a liveness check, until they are
// heard again. It is for one goroutine at a time; the zero Checks is ready.
type Checks struct{ silent map[ID]check }

// check is what one liveness check found.
type check struct {
	at         time.Time // when it ended
	unanswered uint8     // probes
}

// checkMargin is more than the time between the beginning of a dump, which a
// snapshot is dated by, and the look at one socket, and less than a check lasts.
const checkMargin = time.Second

// Note takes in the results of checks that ended at the time at.
func (k *Checks) Note(at time.Time, results []ProbeResult) {
	if k.silent == nil {
		k.silent = map[ID]check{}
	}
	for i := range results {
		r := &results[i]
		if r.Outcome != OutcomeSilent {
			delete(k.silent, r.Connection.ID())
			continue
		}
		k.silent[r.Connection.ID()] = check{at: at, unanswered: uint8(min(r.Unanswered, 255))}
	}
}

// Apply sets ProbeSilent of the connections of a snapshot, before that is handed
// out.
func (k *Checks) Apply(s *Snapshot) {
	if len(k.silent) == 0 {
		return
	}
	for i := range s.Connections {
		c := &s.Connections[i]
		found, checked := k.silent[c.ID()]
		if !checked {
			continue
		}
		silent, ok := c.SilentFor()
		if !ok || s.At.Add(-silent).After(found.at.Add(-checkMargin)) {
			delete(k.silent, c.ID())
			continue
		}
		c.ProbeSilent = found.unanswered
	}
	if s.Whole() {
		k.forget(s)
	}
}

// forget drops the connections that are gone.
func (k *Checks) forget(s *Snapshot) {
	gone := maps.Clone(k.silent)
	for i := range s.Connections {
		delete(gone, s.Connections[i].ID())
	}
	for id := range gone {
		delete(k.silent, id)
	}
}
