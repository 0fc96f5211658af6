package cli

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/keepalive/bpf"
	"github.com/katop/katop/ui"
)

// system is the host that katop runs on.
func system() Deps {
	return Deps{
		Open: func(flags HostFlags) (Source, error) {
			return collector.New(collector.Options{NetNS: flags.NetNS, NoBPF: flags.NoBPF})
		},
		Control: func(flags HostFlags) (Controller, error) {
			return keepalive.New(keepalive.Options{NoBPF: flags.NoBPF}), nil
		},
		Monitor:     ui.Run,
		Spent:       spent,
		FastPath:    bpf.Check,
		Terminal:    func(w io.Writer) bool { return isTerminal(w) },
		Interactive: func(r io.Reader) bool { return isTerminal(r) },
	}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
