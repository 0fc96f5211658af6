package keepalive

import (
	"context"
	"fmt"

	"github.com/katop/katop/conn"
)

// Apply gives the connections the setting. A connection that has it already is
// conn.OutcomeUnchanged and not written to.
//
// A parameter that is set no longer follows the sysctls of the namespace, and
// nothing can make it follow them again.
func (c *Controller) Apply(ctx context.Context, targets []conn.Connection, s conn.Setting, progress func(done, total int)) ([]conn.Result, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("cannot change keepalive: %w", err)
	}
	want := func(now conn.Keepalive) (conn.Keepalive, error) { return s.Over(now), nil }
	changes := make([]change, len(targets))
	for i := range targets {
		changes[i] = change{target: &targets[i], want: want}
	}
	return c.set(ctx, c.log(conn.ActionKeepalive, ""), changes, progress)
}
