package cli

import (
	"io"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// TestOnlyTheMonitorSpeaksToTheTerminal holds that a command on a terminal
// writes its answer and no escape sequence, not even a question.
func TestOnlyTheMonitorSpeaksToTheTerminal(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"version"}, {"list", "proc:nobody"}, {"summary"}, {"check"}, {"advise"}, {"timewait"}, {"events", "--for", "100ms"}, {"--help"}, {"lits"}} {
		cmd := katopCommand(t, runAsKatop, args...)
		control, err := pty.Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(control) // ends with EIO when the program has ended
		_ = cmd.Wait()
		_ = control.Close()
		if strings.ContainsRune(string(text), '\x1b') {
			t.Errorf("katop %v wrote an escape sequence: %q", args, text)
		}
		if len(text) == 0 {
			t.Errorf("katop %v wrote nothing", args)
		}
	}
}
