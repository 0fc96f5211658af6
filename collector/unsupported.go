//go:build !linux

package collector

import (
	"context"
	"errors"
	"runtime"

	"github.com/katop/katop/conn"
)

var errNeedsLinux = errors.New("katop needs Linux: it reads sockets through sock_diag(7) and /proc, which " + runtime.GOOS + " does not have")

// Collector reads the TCP connections of a Linux host. There is none here.
type Collector struct{}

// New says that katop needs Linux.
func New(Options) (*Collector, error) { return nil, errNeedsLinux }

// Poll says that katop needs Linux.
func (*Collector) Poll(context.Context, conn.Want) (*conn.Snapshot, error) {
	return nil, errNeedsLinux
}

// Process says that katop needs Linux.
func (*Collector) Process(context.Context, int32) (conn.Process, error) {
	return conn.Process{}, errNeedsLinux
}

// Detail says that katop needs Linux.
func (*Collector) Detail(context.Context, conn.ID) (conn.Detail, error) {
	return conn.Detail{}, errNeedsLinux
}

// Killed does nothing.
func (*Collector) Killed(...conn.ID) {}

// Close does nothing.
func (*Collector) Close() error { return nil }
