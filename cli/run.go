package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/katop/katop/conn"
)

// The exit codes. Those of check are pluginStatus.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// Run runs the command that args name, without the program's name, and returns
// its exit code. A failure is one line on stderr.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, deps Deps) int {
	root := newRoot(deps)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return exitCode(root.ExecuteContext(ctx), stderr)
}

func exitCode(err error, stderr io.Writer) int {
	var status pluginStatus
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &status):
		return int(status)
	case errors.Is(err, syscall.EPIPE):
		// The reader, head(1) for one, has seen enough.
		return exitDone
	}
	warn(stderr, reason(err))
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	return exitFailed
}

// reason is what an error says to a user.
func reason(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted before it was done"
	}
	return err.Error()
}

// usageError is a mistake in how katop was called.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// warn writes one line to stderr. The text may quote arguments or names, so it
// is made harmless for a terminal. There is nowhere to tell that it failed.
func warn(stderr io.Writer, line string) {
	_, _ = fmt.Fprintln(stderr, "katop: "+conn.Printable(line))
}
