package ui

import (
	"context"
	"time"

	"github.com/katop/katop/conn"
)

// Controller acts on live connections. Each method returns a result for every
// connection it was given; progress is called as they come in, from another
// goroutine. When ctx ends, what was done stays done.
type Controller interface {
	// Apply changes keepalive settings.
	Apply(ctx context.Context, targets []conn.Connection, s conn.Setting, progress func(done, total int)) ([]conn.Result, error)
	// Probe asks the peers whether they live, without harm.
	Probe(ctx context.Context, targets []conn.Connection, timeout time.Duration, progress func(done, total int)) ([]conn.ProbeResult, error)
	// Kill ends connections, never a process.
	Kill(ctx context.Context, targets []conn.Connection, progress func(done, total int)) ([]conn.Result, error)
	// Undo takes back the changes of a command; of the last one when id is "".
	Undo(ctx context.Context, id string, progress func(done, total int)) ([]conn.Result, error)
	// Journal lists what was done, the oldest first.
	Journal() ([]conn.Action, error)
}
