//go:build !linux

package cli

import (
	"context"
	"errors"
	"io"
	"runtime"

	"github.com/katop/katop/keepalive/bpf"
	"github.com/katop/katop/ui"
)

// system is a host whose kernel tells nothing that katop could show.
func system() Deps {
	needsLinux := errors.New("katop needs Linux and this is " + runtime.GOOS +
		": the keepalive of live sockets is read through sock_diag, which only Linux has; run it on the server itself")
	return Deps{
		Open:        func(HostFlags) (Source, error) { return nil, needsLinux },
		Control:     func(HostFlags) (Controller, error) { return nil, needsLinux },
		Monitor:     func(context.Context, ui.Options) error { return needsLinux },
		FastPath:    bpf.Check,
		Terminal:    func(io.Writer) bool { return false },
		Interactive: func(io.Reader) bool { return true }, // what is missing is Linux
	}
}
