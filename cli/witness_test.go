package cli

import (
	"context"
	"testing"
	"time"

	"github.com/katop/katop/conn"
)

// watchful is a source that notes what it is told.
type watchful struct {
	fakeSource
	killed  []conn.ID
	checked int
}

func (w *watchful) Killed(ids ...conn.ID)                     { w.killed = append(w.killed, ids...) }
func (w *watchful) Checked(_ time.Time, r []conn.ProbeResult) { w.checked += len(r) }

// TestWitnessed holds that the source hears of kills that were done, and of
// every check.
func TestWitnessed(t *testing.T) {
	t.Parallel()
	targets := host().Connections[:2]
	source := &watchful{}
	control := witnessedBy(source, &fakeController{outcomes: []conn.Outcome{conn.OutcomeDone, conn.OutcomeGone}})
	if _, err := control.Kill(context.Background(), targets, nil); err != nil {
		t.Fatal(err)
	}
	if len(source.killed) != 1 || source.killed[0] != targets[0].ID() {
		t.Errorf("told of %v, want the one that was killed", source.killed)
	}
	if _, err := control.Probe(context.Background(), targets, time.Second, nil); err != nil {
		t.Fatal(err)
	}
	if source.checked != 2 {
		t.Errorf("told of %d checks, want 2", source.checked)
	}
	if witnessedBy(source, nil) != nil {
		t.Error("nothing became something")
	}
}
