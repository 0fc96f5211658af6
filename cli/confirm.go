package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// confirmation says how a command may come to act.
type confirmation struct {
	yes    bool
	dryRun bool
}

func (c *confirmation) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&c.yes, "yes", "y", false, "act without asking")
}

func (c *confirmation) dryRunFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.dryRun, "dry-run", false, "show what would be done, and do nothing")
}

// possible refuses before anything is looked at where nobody could be asked.
func (c *confirmation) possible(cmd *cobra.Command, deps Deps) error {
	if c.yes || c.dryRun || deps.Interactive(cmd.InOrStdin()) {
		return nil
	}
	return errors.New("nothing was changed: standard input is no terminal to ask on: give --yes to act without asking")
}

// errDeclined: the answer was not yes.
var errDeclined = errors.New("nothing was changed: the answer was not yes")

// ask shows what would be done on stderr and waits for an answer, unless --yes
// has given it. Only "y" and "yes" are a yes.
func (c *confirmation) ask(ctx context.Context, cmd *cobra.Command, show func(io.Writer) error, question string) error {
	if c.yes {
		return nil
	}
	if err := show(cmd.ErrOrStderr()); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "%s [y/N] ", question); err != nil {
		return err
	}
	answer := make(chan string, 1)
	// A read cannot be interrupted: it ends with the process.
	go func() {
		line, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
		answer <- line
	}()
	select {
	case <-ctx.Done():
		_, _ = fmt.Fprintln(cmd.ErrOrStderr())
		return errors.New("nothing was changed: interrupted before there was an answer")
	case line := <-answer:
		if !strings.HasSuffix(line, "\n") {
			_, _ = fmt.Fprintln(cmd.ErrOrStderr())
		}
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return nil
		}
		return errDeclined
	}
}
