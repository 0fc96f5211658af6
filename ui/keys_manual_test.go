package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/bubbles/key"

	"github.com/katop/katop/internal/golden"
)

// TestKeysManual holds docs/keys.md to the bindings.
func TestKeysManual(t *testing.T) {
	t.Parallel()
	golden.Check(t, "../../docs/keys.md", keysManual())
}

const keysIntroduction = `# Keys

By what is on the screen. The line at its foot shows those that one needs first, ` + "`?`" + ` shows them all.

This page is written from the bindings of the program: ` + "`make golden`" + ` does it, and a test fails where it says anything else.
Keys that change something are off with ` + "`--read-only`" + `.
`

// keysManual is the text of docs/keys.md.
func keysManual() string {
	keys := DefaultKeyMap()
	var b strings.Builder
	b.WriteString(keysIntroduction)
	views := []stage{onConnections, onProcesses, onListeners, onTimeWait, onEvents, onAdvice, onConnection, onEnded}
	everywhere := keys.on(views[0])
	for _, s := range views {
		everywhere = slices.DeleteFunc(everywhere, func(k key.Binding) bool { return !has(keys.on(s), k) })
	}
	writeKeys(&b, "Everywhere", "In every view, and on the page of a connection. At the top of a view `Esc` takes the filter away.", everywhere)
	for _, s := range stagesOfManual {
		bindings := keys.on(s.stage)
		if slices.Contains(views, s.stage) {
			bindings = slices.DeleteFunc(bindings, func(k key.Binding) bool { return has(everywhere, k) })
		}
		writeKeys(&b, s.title, s.about, bindings)
	}
	return b.String()
}

var stagesOfManual = []struct {
	stage        stage
	title, about string
}{
	{onConnections, "1 Connections", "Also the connections of a process, a listener, a destination in TIME-WAIT, or a finding."},
	{onProcesses, "2 Processes", ""},
	{onListeners, "3 Listeners", ""},
	{onTimeWait, "4 TIME-WAIT", "Its halves are by destination and by local port."},
	{onEvents, "5 Events", "Its halves are all events, and deaths, resets and kills alone."},
	{onAdvice, "6 Advice", "`PgUp`, `PgDn`, `Ctrl+U` and `Ctrl+D` scroll the text of the finding."},
	{onConnection, "The page of a connection", "The keys that move scroll it."},
	{onEnded, "The page of a connection that has ended", "There is nothing left to act on."},
	{onFilter, "The filter line", "Everything else is text; docs/filter.md has the language."},
	{onColumns, "The columns (`c`)", ""},
	{onForm, "The keepalive dialog (`K`)", "While the cursor is on a value to type, letters are text."},
	{onQuestion, "A question before something is done", ""},
	{onUndoQuestion, "The question before something is taken back", ""},
	{onRunning, "While something is done", ""},
	{onReport, "What became of it", ""},
	{onJournal, "The journal (`J`)", ""},
	{onHelp, "The help (`?`)", ""},
}

// has tells whether a binding is among others, with the same words.
func has(bindings []key.Binding, b key.Binding) bool {
	return slices.ContainsFunc(bindings, func(other key.Binding) bool {
		return slices.Equal(other.Keys(), b.Keys()) && other.Help() == b.Help()
	})
}

// writeKeys writes a table. A key stands with the first binding that has it.
func writeKeys(b *strings.Builder, title, about string, bindings []key.Binding) {
	fmt.Fprintf(b, "\n## %s\n\n", title)
	if about != "" {
		fmt.Fprintf(b, "%s\n\n", about)
	}
	b.WriteString("| key | what it does |\n|---|---|\n")
	taken := map[string]bool{}
	var order []string
	names := map[string]string{} // of the keys, by what they do
	for _, binding := range bindings {
		does := binding.Help().Desc
		if names[does] == "" {
			order = append(order, does)
		}
		for _, k := range binding.Keys() {
			if !taken[k] {
				taken[k] = true
				names[does] += " `" + keyName(k) + "`"
			}
		}
	}
	for _, does := range order {
		fmt.Fprintf(b, "|%s | %s |\n", names[does], does)
	}
}

// keyName writes a key as it stands on the keyboard.
func keyName(k string) string {
	named := map[string]string{
		" ": "Space", "esc": "Esc", "enter": "Enter", "tab": "Tab", "backspace": "Backspace", "home": "Home", "end": "End",
		"pgup": "PgUp", "pgdown": "PgDn", "up": "↑", "down": "↓", "left": "←", "right": "→", "f1": "F1",
	}
	if letter, ctrl := strings.CutPrefix(k, "ctrl+"); ctrl {
		return "Ctrl+" + strings.ToUpper(letter)
	}
	return cmp.Or(named[k], k)
}
