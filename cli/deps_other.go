//go:build !linux

package cli

import (
	"context"
	"errors"
	"io"
	"runtime"

	"github.com/katop/katop/ui"
)

// system is a host whose kernel tells nothing that katop could show.
func system() Deps {
	needsLinux := errors.New("katop needs Linux and this is " + runtime.GOOS +
		": the keepalive of live sockets is read through sock_diag, which only Linux has; run it on the server itself")
	return Deps{
		Open:        func() (Source, error) { return nil, needsLinux },
		Control:     func() (Controller, error) { return nil, needsLinux },
		Monitor:     func(context.Context, ui.Options) error { return needsLinux },
		Terminal:    func(io.Writer) bool { return false },
		Interactive: func(io.Reader) bool { return true }, // what is missing is Linux
	}
}
