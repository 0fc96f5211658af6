//go:build !linux

package keepalive

import (
	"context"

	"github.com/katop/katop/conn"
)

// Read calls each with ErrUnsupported for every target: it needs Linux.
func Read(_ context.Context, targets []Target, each func(i int, k conn.Keepalive, err error)) {
	for i := range targets {
		each(i, conn.Keepalive{}, ErrUnsupported)
	}
}
