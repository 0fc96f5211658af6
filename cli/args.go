package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// noArgs refuses arguments. On the root an argument is most likely a command
// that was misspelt, or a filter that belongs behind "list".
func noArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasParent():
		return usagef("%s takes no argument, got %q", cmd.CommandPath(), args[0])
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return usagef("unknown command %q, did you mean %q?", args[0], near[0])
	}
	return usagef("unknown command %q (commands: %s; a filter goes behind --filter, or as katop list FILTER)",
		args[0], strings.Join(commandNames(cmd), " "))
}

func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// flagError makes a wrong flag a wrong usage, and says how a negated filter
// term is kept from being taken for flags.
func flagError(cmd *cobra.Command, err error) error {
	hint := fmt.Sprintf("see %s --help", cmd.CommandPath())
	if strings.HasPrefix(err.Error(), "unknown shorthand flag") && strings.Contains(cmd.Use, "FILTER") {
		hint = fmt.Sprintf(`a filter term that begins with "-" goes behind "--", as in %s -- -state:listen`, cmd.CommandPath())
	}
	return usagef("%w; %s", err, hint)
}

// choice is a flag that takes one word of a few.
type choice struct {
	words []string
	value string
}

// newChoice has the first word for its default.
func newChoice(words ...string) *choice { return &choice{words: words, value: words[0]} }

// String is the chosen word.
func (c *choice) String() string { return c.value }

// Type names the words in the help.
func (c *choice) Type() string { return strings.Join(c.words, "|") }

// Set takes one of the words.
func (c *choice) Set(word string) error {
	for _, w := range c.words {
		if w == word {
			c.value = w
			return nil
		}
	}
	return fmt.Errorf("it is one of %s", strings.Join(c.words, ", "))
}
