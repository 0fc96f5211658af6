//go:build linux

package collector_test

import (
	"regexp"
	"slices"

	"github.com/katop/katop/conn"
)

// hear holds an event against what became of the connection.
func (x *trouble) hear(s *scene, e *conn.Event) {
	owner, known := e.Connection.Owner()
	if !known || int(owner.PID) != x.near.PID || e.Connection.Remote != x.near.Remote {
		s.complain("%s: %v of %v to %v, want process %d to %v", x.name, e.Kind, e.Connection.Owners, e.Connection.Remote, x.near.PID, x.near.Remote)
	}
	if e.Kind == conn.EventOpened {
		if x.opened || x.ended {
			s.complain("%s: opened once more", x.name)
		}
		x.opened = true
		return
	}
	if x.ended {
		s.complain("%s: %v once more, %v: %s", x.name, e.Kind, e.Cause, e.Evidence)
	}
	x.ended = true
	s.told[min(max(0, x.gone-1), 1)]++
	if e.Cause == conn.CauseUnknown && x.unforeseen() {
		return
	}
	if e.Cause != x.cause || !regexp.MustCompile("^"+x.because+"$").MatchString(e.Evidence) {
		s.complain("%s: %v, %v %q, want %v %q", x.name, e.Kind, e.Cause, e.Evidence, x.cause, x.because)
	}
}

// unforeseen tells that nothing can say why it ended: its program keeps it, so
// that the kernel reports nothing, and all of it lay between two refreshes.
func (x *trouble) unforeseen() bool {
	return x.kept && !slices.ContainsFunc(x.stages, func(j conn.Judgement) bool { return x.given[j] > 0 })
}

// hearOther holds an event of the other end on this host against what became of
// it: it is destroyed, and its owner keeps it.
func (x *trouble) hearOther(s *scene, e *conn.Event) {
	owner, known := e.Connection.Owner()
	if !known || int(owner.PID) != x.far.PID || e.Kind != conn.EventOpened && e.Cause != conn.CauseReset {
		s.complain("%s: of the other end: %v %v of %v, %q", x.name, e.Kind, e.Cause, e.Connection.Owners, e.Evidence)
	}
}

// account tells what was never said, although the refreshes were close enough to
// meet it.
func (x *trouble) account(s *scene) {
	if !x.opened {
		s.complain("%s: it was never said to have opened", x.name)
	}
	for _, j := range x.stages {
		if x.given[j] == 0 && !s.slow() {
			s.complain("%s: never judged %v %v", x.name, j.Verdict, j.Severity)
		}
	}
}
