package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/katop/katop/cli/quietstart"
)

// Main runs katop with this process's arguments and returns its exit code.
// A signal that ends programs (SIGINT, SIGTERM, and SIGHUP when the terminal has
// gone) ends what is going on in good order; a second one kills.
func Main() int { return mainWith(system()) }

func mainWith(deps Deps) int {
	quietstart.Restore()
	// A reader that is gone shows as EPIPE then, and not as a death by SIGPIPE.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer stop()
	context.AfterFunc(ctx, stop)
	return Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, deps)
}
