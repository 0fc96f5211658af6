package cli

import (
	"context"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/ui"
)

// witness is a source that wants to know what katop itself has done: a
// collector.Collector.
type witness interface {
	Killed(ids ...conn.ID)
	Checked(at time.Time, results []conn.ProbeResult)
}

// witnessed is a controller whose kills and checks are told to the source, so
// that its events and verdicts know of them.
type witnessed struct {
	ui.Controller
	witness witness
}

// witnessedBy tells source what controller does, if it wants to know.
func witnessedBy(source Source, controller ui.Controller) ui.Controller {
	w, wants := source.(witness)
	if !wants || controller == nil {
		return controller
	}
	return witnessed{Controller: controller, witness: w}
}

func (w witnessed) Kill(ctx context.Context, targets []conn.Connection, progress func(done, total int)) ([]conn.Result, error) {
	results, err := w.Controller.Kill(ctx, targets, progress)
	for i := range results {
		if results[i].Outcome == conn.OutcomeDone {
			w.witness.Killed(results[i].Connection.ID())
		}
	}
	return results, err
}

func (w witnessed) Probe(ctx context.Context, targets []conn.Connection, timeout time.Duration, progress func(done, total int)) ([]conn.ProbeResult, error) {
	results, err := w.Controller.Probe(ctx, targets, timeout, progress)
	w.witness.Checked(time.Now(), results)
	return results, err
}
