package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/katop/katop/conn"
)

// open makes ready to act, unless nothing is to be done.
func (c *confirmation) open(ctx context.Context, cmd *cobra.Command, deps Deps) (Controller, error) {
	if c.dryRun {
		return nil, nil
	}
	return open(ctx, cmd, deps)
}

// open makes ready to act, and first puts back what a liveness check that was
// killed has left behind.
func open(ctx context.Context, cmd *cobra.Command, deps Deps) (Controller, error) {
	control, err := deps.control()
	if err != nil {
		return nil, err
	}
	if line := heal(ctx, control); line != "" {
		warn(cmd.ErrOrStderr(), line)
	}
	return control, nil
}

// heal says in one line what was put back, and what could not be; "" when there
// was nothing.
func heal(ctx context.Context, control Controller) string {
	results, err := control.Heal(ctx)
	if err != nil {
		return "looking for liveness checks that were killed: " + err.Error()
	}
	healed := 0
	var failed []string
	for i := range results {
		switch r := &results[i]; r.Outcome {
		case conn.OutcomeDone:
			healed++
		case conn.OutcomeRefused, conn.OutcomeDiffers:
			failed = append(failed, r.Reason)
		}
	}
	var parts []string
	if healed > 0 {
		parts = append(parts, fmt.Sprintf("put back the options of %s, which a killed liveness check had left changed", connections(healed)))
	}
	if len(failed) > 0 {
		parts = append(parts, fmt.Sprintf("the options of %s are still as a killed liveness check left them: %s", connections(len(failed)), failed[0]))
	}
	return strings.Join(parts, "; ")
}

// connections counts them for a sentence.
func connections(n int) string { return conn.HowMany(n, "connection") }
