package keepalive_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive"
)

// A batch does not meet the connections of the one before, which would leave no
// room for its own, nor take their answers for answers to itself.
func TestBulkInBatches(t *testing.T) {
	const size, batches = 4, 3
	for _, owned := range []int{size, size - 1, 1, 0} { // of each batch
		t.Run(fmt.Sprintf("%d of %d with an owner", owned, size), func(t *testing.T) {
			targets := startCrowd(t, 24)[:size*batches]
			for i := range targets {
				if i%size >= owned {
					targets[i].Owners = nil
				}
			}
			if met, want := keepalive.Met(t, targets, size), owned*batches; met != want {
				t.Errorf("the eBPF program meets %d, want %d", met, want)
			}
			c := keepalive.InBatches(controller(t), size)
			for _, to := range []conn.KeepaliveState{conn.KeepaliveOn, conn.KeepaliveOff, conn.KeepaliveOn} {
				results, err := c.Apply(t.Context(), targets, conn.Setting{State: to}, nil)
				if err != nil {
					t.Fatal(err)
				}
				checkBatches(t, results, to, size, owned)
			}
			undone, err := c.Undo(t.Context(), "", nil)
			if owned == 0 {
				if !errors.Is(err, keepalive.ErrNothingToUndo) {
					t.Errorf("%v, want ErrNothingToUndo", err)
				}
				return
			}
			if err != nil || len(undone) != owned*batches {
				t.Fatalf("%d undone, %v; want %d", len(undone), err, owned*batches)
			}
			checkBatches(t, undone, conn.KeepaliveOff, owned, owned)
		})
	}
}

func checkBatches(t *testing.T, results []conn.Result, to conn.KeepaliveState, size, owned int) {
	t.Helper()
	for i, r := range results {
		want, after := conn.OutcomeDone, to
		if i%size >= owned {
			want, after = conn.OutcomeRefused, conn.KeepaliveUnknown
		}
		if r.Outcome != want || r.After.State != after {
			t.Errorf("connection %d: %v, %v: %s; want %v, %v", i, r.Outcome, r.After.State, r.Reason, want, after)
		}
	}
}
