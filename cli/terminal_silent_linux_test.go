package cli

import (
	"io"
	"strings"
	"testing"

	"github.com/hinshun/vt10x"

	"github.com/katop/katop/lab"
)

// A terminal that answers no question gets its screen all the same, without a
// key, and what is typed before that is a key like any other.
func TestTerminalThatNeverAnswers(t *testing.T) {
	t.Parallel()
	needsLab(t)
	ns, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ns.Close() })
	term := openSilentTerminal(t)
	term.press("2")
	term.start(ns, katopCommand(t, runAsKatop))
	term.shows("GUARDED")
	term.press("1")
	term.await("the connections", func(text string) bool { return strings.Contains(text, "VERDICT") })
	term.press("q")
	term.ended(false)
}

func openSilentTerminal(t *testing.T) *terminal {
	t.Helper()
	return openTerminal(t, 200, 60, vt10x.WithWriter(io.Discard))
}
