package ui

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/katop/katop/conn"
)

// fakeController notes what it is asked for and answers as a kind kernel would.
type fakeController struct {
	asked   []string
	setting conn.Setting
	targets []conn.Connection
	actions []conn.Action
	refuse  string
	err     error
}

func (f *fakeController) note(what string, targets []conn.Connection) {
	f.asked = append(f.asked, fmt.Sprintf("%s %d", what, len(targets)))
	f.targets = targets
}

func (f *fakeController) results(targets []conn.Connection, change func(conn.Keepalive) conn.Keepalive) []conn.Result {
	var results []conn.Result
	for _, c := range targets {
		r := conn.Result{Connection: c, Before: c.Keepalive, After: change(c.Keepalive), Outcome: conn.OutcomeDone}
		if f.refuse != "" && len(results) == 0 {
			r.Outcome, r.After, r.Reason = conn.OutcomeRefused, r.Before, f.refuse
		}
		results = append(results, r)
	}
	return results
}

func (f *fakeController) Apply(_ context.Context, targets []conn.Connection, s conn.Setting, progress func(int, int)) ([]conn.Result, error) {
	f.note("apply", targets)
	f.setting = s
	progress(len(targets), len(targets))
	return f.results(targets, s.Over), f.err
}

func (f *fakeController) Probe(_ context.Context, targets []conn.Connection, _ time.Duration, _ func(int, int)) ([]conn.ProbeResult, error) {
	f.note("probe", targets)
	var results []conn.ProbeResult
	for i, c := range targets {
		r := conn.ProbeResult{Connection: c, Outcome: conn.OutcomeAlive, Answered: 2200 * time.Microsecond}
		switch {
		case c.Timer.Kind == conn.TimerRetransmit:
			r = conn.ProbeResult{Connection: c, Outcome: conn.OutcomeOutstanding, Retransmits: 6}
		case i == 0:
			r = conn.ProbeResult{Connection: c, Outcome: conn.OutcomeSilent, Unanswered: 3}
		}
		results = append(results, r)
	}
	return results, f.err
}

func (f *fakeController) Kill(_ context.Context, targets []conn.Connection, _ func(int, int)) ([]conn.Result, error) {
	f.note("kill", targets)
	return f.results(targets, func(k conn.Keepalive) conn.Keepalive { return k }), f.err
}

func (f *fakeController) Undo(_ context.Context, id string, _ func(int, int)) ([]conn.Result, error) {
	f.asked = append(f.asked, "undo "+id)
	return f.results(f.targets, func(k conn.Keepalive) conn.Keepalive { return k }), f.err
}

func (f *fakeController) Journal() ([]conn.Action, error) { return f.actions, f.err }

// acting is a screen that may change things.
func acting(t *testing.T, width, height int) (*screen, *fakeController) {
	t.Helper()
	f := &fakeController{}
	night := night(three).Connections
	done := conn.Setting{State: conn.KeepaliveOn, Params: conn.Params{Idle: 300 * time.Second, Interval: 30 * time.Second, Count: 3}}
	f.actions = []conn.Action{
		{
			ID: "01", At: three.Add(-time.Hour), Kind: conn.ActionProbe, By: conn.Author{User: "root", SudoUser: "eve"},
			Results: []conn.Result{{Connection: night[4], Outcome: conn.OutcomeAlive}},
		},
		{
			ID: "02", At: three.Add(-time.Minute), Kind: conn.ActionKeepalive, By: conn.Author{User: "root"},
			Results: []conn.Result{{Connection: night[4], Before: night[4].Keepalive, After: done.Over(night[4].Keepalive), Outcome: conn.OutcomeDone}},
		},
		{
			ID: "03", At: three.Add(-time.Second), Kind: conn.ActionKill, By: conn.Author{User: "root"},
			Results: []conn.Result{{Connection: night[5], Outcome: conn.OutcomeDone}},
		},
	}
	return newScreen(t, width, height, func(o *Options) { o.Controller = f }), f
}
