package cli

import (
	"context"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/ui"
)

// Controller acts on live connections and keeps the journal of it: a
// keepalive.Controller.
type Controller interface {
	ui.Controller
	// Heal puts back what liveness checks that were killed have left behind.
	Heal(ctx context.Context) ([]conn.Result, error)
}
