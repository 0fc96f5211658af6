package keepalive_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// The options that a check meets: off, off with parameters of its own, on.
var met = []lab.Options{
	{},
	{Keepalive: lab.Keepalive{Idle: 40 * time.Second, Interval: 41 * time.Second, Count: 42}},
	{Keepalive: lab.Keepalive{On: true, Idle: 50 * time.Second, Interval: 5 * time.Second, Count: 6}},
}

// check probes the near ends and fails if that changes an option of theirs.
func check(t *testing.T, ctx context.Context, pairs []ends, timeout time.Duration) []conn.ProbeResult {
	t.Helper()
	before := make([]lab.Keepalive, len(pairs))
	targets := make([]conn.Connection, len(pairs))
	for i, p := range pairs {
		before[i], targets[i] = described(t, p.near), connection(p.near)
	}
	calls := 0
	results, err := controller(t).Probe(ctx, targets, timeout, func(int, int) { calls++ })
	if err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	if calls != len(pairs) && ctx.Err() == nil {
		t.Errorf("progress was reported %d times for %d connections", calls, len(pairs))
	}
	for i, p := range pairs {
		if results[i].Reset {
			continue // a socket that is over has other addresses, and nothing to be put back
		}
		if diff := cmp.Diff(before[i], described(t, p.near)); diff != "" {
			t.Errorf("options of %d (-before +after)\n%s", i, diff)
		}
	}
	return results
}

func TestProbeAlive(t *testing.T) {
	_, pairs := scene(t, met...)
	for _, name := range []string{"just used", "silent"} {
		for i, r := range check(t, t.Context(), pairs, 0) {
			if r.Outcome != conn.OutcomeAlive || r.Answered > 500*time.Millisecond {
				t.Errorf("%s, %d: %v after %v %q, want alive", name, i, r.Outcome, r.Answered, r.Reason)
			}
		}
		sleepPast()
	}
}

func TestProbeSilent(t *testing.T) {
	l, pairs := scene(t, met...)
	sleepPast()
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	for i, r := range check(t, t.Context(), pairs, 0) {
		if r.Outcome != conn.OutcomeSilent || r.Unanswered != 3 {
			t.Errorf("%d: %v, %d unanswered %q; want silent, 3", i, r.Outcome, r.Unanswered, r.Reason)
		}
	}
	if err := l.Restore(); err != nil {
		t.Fatal(err)
	}
	// Those whose probes the kernel has counted are asked again when their peer
	// was heard.
	for i, r := range check(t, t.Context(), pairs, 0) {
		counted := !met[i].Keepalive.On
		if counted && (r.Outcome != conn.OutcomeNotChecked || !strings.Contains(r.Reason, "3 probes of earlier checks")) || !counted && r.Outcome != conn.OutcomeAlive {
			t.Errorf("%d, reachable again: %v %q; want alive, or not-checked where probes are counted: %v", i, r.Outcome, r.Reason, counted)
		}
		if _, err := pairs[i].near.Send(1); err != nil {
			t.Fatal(err)
		}
	}
	sleepPast()
	for i, r := range check(t, t.Context(), pairs, 0) {
		if r.Outcome != conn.OutcomeAlive {
			t.Errorf("%d, heard again: %v %q; want alive", i, r.Outcome, r.Reason)
		}
	}
}

// A check that is not given the time for more says what it has.
func TestProbeShortly(t *testing.T) {
	l, pairs := scene(t, lab.Options{})
	sleepPast()
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	r := check(t, t.Context(), pairs, 300*time.Millisecond)[0]
	if r.Outcome != conn.OutcomeSilent || r.Unanswered != 1 {
		t.Errorf("%v, %d unanswered %q; want silent, 1", r.Outcome, r.Unanswered, r.Reason)
	}
}

func TestProbeReset(t *testing.T) {
	l, pairs := scene(t, met...)
	if err := l.Reboot(); err != nil {
		t.Fatal(err)
	}
	sleepPast()
	for i, r := range check(t, t.Context(), pairs, 0) {
		if r.Outcome != conn.OutcomeGone || !r.Reset || !strings.Contains(r.Reason, "RST") {
			t.Errorf("%d: %v, reset %v, %q; want gone by a RST", i, r.Outcome, r.Reset, r.Reason)
		}
		death, err := pairs[i].near.AwaitError(10 * time.Second)
		if err != nil || death.Errno != syscall.ECONNRESET {
			t.Errorf("%d: the owner finds %v, %v; want ECONNRESET", i, death.Errno, err)
		}
	}
}

func TestProbeClosedMeanwhile(t *testing.T) {
	l, pairs := scene(t, lab.Options{}, lab.Options{})
	sleepPast()
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(500*time.Millisecond, func() { _ = pairs[0].near.Close() })
	targets := []conn.Connection{connection(pairs[0].near), connection(pairs[1].near)}
	results, err := controller(t).Probe(t.Context(), targets, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Outcome != conn.OutcomeGone || results[0].Reset || results[1].Outcome != conn.OutcomeSilent {
		t.Errorf("%v %q and %v, want gone and silent", results[0].Outcome, results[0].Reason, results[1].Outcome)
	}
}

func TestProbeCannotAsk(t *testing.T) {
	l, pairs := scene(t, lab.Options{}, lab.Options{Keepalive: lab.Keepalive{UserTimeout: time.Minute}}, lab.Options{})
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	if _, err := pairs[0].near.Send(100); err != nil {
		t.Fatal(err)
	}
	if err := pairs[2].near.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	sleepPast()
	results := check(t, t.Context(), pairs, 0)
	if r := results[0]; r.Outcome != conn.OutcomeOutstanding || r.Retransmits == 0 {
		t.Errorf("data lost: %v, %d retransmissions; want outstanding and some", r.Outcome, r.Retransmits)
	}
	if r := results[1]; r.Outcome != conn.OutcomeNotChecked || !strings.Contains(r.Reason, "user timeout of 1m0s") {
		t.Errorf("user timeout: %v %q; want not-checked", r.Outcome, r.Reason)
	}
	if r := results[2]; r.Outcome != conn.OutcomeNotChecked || !strings.Contains(r.Reason, "FIN-WAIT-1") {
		t.Errorf("half closed: %v %q; want not-checked", r.Outcome, r.Reason)
	}
}

// The options are put back when the check is cut short.
func TestProbeIsCutShort(t *testing.T) {
	l, pairs := scene(t, met...)
	sleepPast()
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	defer cancel()
	for i, r := range check(t, ctx, pairs, 0) {
		if r.Outcome != conn.OutcomeNotReached || !strings.Contains(r.Reason, "cut short") {
			t.Errorf("%d: %v %q; want not-reached", i, r.Outcome, r.Reason)
		}
	}
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Error("the check ended before it was cut short")
	}
}
