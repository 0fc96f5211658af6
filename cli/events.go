package cli

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/export"
)

const eventsLong = `events prints what happens to connections, as it happens: openings, and ends with their cause. A
cause that the kernel told stands as it is; one with "~" before it is inferred from what was seen
before. FILTER is about what happened (event:died, cause:reset) and about the connection as it was
last known; docs/filter.md has the language.

Between two looks at the kernel a second passes. What opened and ended in that time is told with its
end alone, and not at all if its own program aborted it: then the kernel does not say what it was.
It goes on until SIGINT, or as long as --for says, which both end it with 0 after a last look.`

const eventsExample = `  katop events                                        everything that happens
  katop events event:died                             what was given up, reset or killed
  katop events proc:postgres -o jsonl --for 10m       ten minutes of postgres, for programs
  katop events --log /var/log/katop-events.jsonl      printed, and kept`

// betweenEvents is the time between two looks at the kernel.
const betweenEvents = time.Second

type eventsOptions struct {
	output *choice
	length time.Duration
	log    string
	filter *conn.Filter
}

func newEvents(deps Deps) *cobra.Command {
	o := eventsOptions{output: newChoice("table", "jsonl")}
	cmd := &cobra.Command{
		Use:     "events [FILTER...]",
		Short:   "Print openings and ends as they happen, with their cause",
		Long:    eventsLong,
		Example: eventsExample,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, words []string) (err error) {
			if o.filter, err = parseEventFilter("filter", strings.Join(words, " ")); err != nil {
				return err
			}
			return o.run(cmd, deps)
		},
	}
	flags := cmd.Flags()
	flags.VarP(o.output, "output", "o", "how to print")
	flags.DurationVar(&o.length, "for", 0, "end after `DURATION`, 0 for never")
	flags.StringVar(&o.log, "log", "", logUsage)
	return cmd
}

func (o *eventsOptions) run(cmd *cobra.Command, deps Deps) (err error) {
	if o.length < 0 {
		return usagef("--for %v: it is 0 for no end, or more", o.length)
	}
	log, err := openLog(o.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.close()) }()
	source, err := deps.open()
	if err != nil {
		return err
	}
	defer source.Close()
	t := eventTeller{source: source, filter: o.filter, log: log, stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr(), write: export.WriteEventsJSONL}
	if o.output.String() == "table" {
		t.write = export.WriteEvents
		if err := export.WriteEventHeadings(t.stdout); err != nil {
			return err
		}
	}
	return t.tell(cmd.Context(), o.length)
}
