//go:build !linux

package inetdiag

import (
	"fmt"
	"runtime"
)

// dialer is there for Conn to build: sock_diag is Linux's own.
type dialer struct{}

func newDialer(*Config) (dialer, error) { return dialer{}, nil }

func (dialer) Close() error { return nil }

func (dialer) dial() (transport, error) {
	return nil, fmt.Errorf("%w on %s: it needs Linux", ErrUnsupported, runtime.GOOS)
}
