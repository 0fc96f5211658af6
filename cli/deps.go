package cli

import (
	"context"
	"io"
	"time"

	"github.com/katop/katop/ui"
)

// Deps is what the commands need of the world outside.
type Deps struct {
	// Open makes ready to read this host's connections.
	Open func(HostFlags) (Source, error)
	// Control makes ready to act on this host's connections.
	Control func(HostFlags) (Controller, error)
	// Monitor runs the screen until the user leaves it or ctx ends.
	Monitor func(ctx context.Context, o ui.Options) error
	// Spent is the processor time that this program has used; nil where that is
	// not known.
	Spent func() time.Duration
	// FastPath tells why sockets are not read and set by eBPF; nil where they are.
	FastPath func() (reading, setting error)
	// Terminal tells whether w is a terminal.
	Terminal func(w io.Writer) bool
	// Interactive tells whether somebody at a terminal can answer on r.
	Interactive func(r io.Reader) bool

	flags *HostFlags
}

// HostFlags are the flags of all commands, which say how the host is looked at.
type HostFlags struct {
	NetNS string // --netns, as collector.Options.NetNS has it
	NoBPF bool   // --no-bpf
}

func (d *Deps) open() (Source, error) { return d.Open(*d.flags) }

func (d *Deps) control() (Controller, error) { return d.Control(*d.flags) }

// Source is where the connections come from.
type Source interface {
	ui.Source
	io.Closer
}
