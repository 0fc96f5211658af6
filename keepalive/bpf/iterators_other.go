//go:build !linux

package bpf

import (
	"context"
	"fmt"
)

// Iterators cannot be had on this system.
type Iterators struct{}

// Load returns ErrUnsupported: it needs Linux.
func Load() (*Iterators, error) { return nil, fmt.Errorf("%w: it is not Linux", ErrUnsupported) }

// Sockets returns ErrUnsupported.
func (*Iterators) Sockets(context.Context, func(*Socket)) error { return ErrUnsupported }

// Close has nothing to do.
func (*Iterators) Close() error { return nil }

// Check returns what Load returns, twice.
func Check() (reading, setting error) {
	_, err := Load()
	return err, err
}
