//go:build !linux

package keepalive

import (
	"context"
	"time"

	"github.com/katop/katop/conn"
)

// journal is there for Controller to build.
type journal struct{ path string }

// Apply returns ErrUnsupported: it needs Linux.
func (c *Controller) Apply(context.Context, []conn.Connection, conn.Setting, func(done, total int)) ([]conn.Result, error) {
	return nil, ErrUnsupported
}

// Undo returns ErrUnsupported: it needs Linux.
func (c *Controller) Undo(context.Context, string, func(done, total int)) ([]conn.Result, error) {
	return nil, ErrUnsupported
}

// Probe returns ErrUnsupported: it needs Linux.
func (c *Controller) Probe(context.Context, []conn.Connection, time.Duration, func(done, total int)) ([]conn.ProbeResult, error) {
	return nil, ErrUnsupported
}

// Heal has nothing to do: no check can have been begun on this system.
func (c *Controller) Heal(context.Context) ([]conn.Result, error) { return nil, nil }

// Kill returns ErrUnsupported: it needs Linux.
func (c *Controller) Kill(context.Context, []conn.Connection, func(done, total int)) ([]conn.Result, error) {
	return nil, ErrUnsupported
}

// Journal returns ErrUnsupported: it needs Linux.
func (c *Controller) Journal() ([]conn.Action, error) { return nil, ErrUnsupported }
