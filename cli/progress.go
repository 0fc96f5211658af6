package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// clearLine goes to the line's begin and clears it (ECMA-48, EL).
const clearLine = "\r\x1b[K"

// newProgress makes a function that shows how far a command is, as one line
// that is written over, and one that clears it. Where stderr is no terminal
// neither does anything.
func newProgress(cmd *cobra.Command, deps Deps) (show func(done, total int), clear func()) {
	stderr := cmd.ErrOrStderr()
	if !deps.Terminal(stderr) {
		return nil, func() {}
	}
	shown := -1
	show = func(done, total int) {
		if percent := 100 * done / max(1, total); percent != shown {
			shown = percent
			_, _ = fmt.Fprintf(stderr, clearLine+"%d of %d", done, total)
		}
	}
	return show, func() {
		if shown >= 0 {
			_, _ = fmt.Fprint(stderr, clearLine)
		}
	}
}
