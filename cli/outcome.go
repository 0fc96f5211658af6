package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/export"
)

// finish writes the results, whatever became of the command, and returns what
// is to be said of those that did not come out as they should.
func finish(write func() error, t *tally, err error) error {
	if t.total == 0 && err != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return t.failure(err != nil)
}

// finishResults finishes a command that changed or ended connections.
func finishResults(cmd *cobra.Command, output *choice, results []conn.Result, err error) error {
	return finish(func() error {
		return either(output, cmd.OutOrStdout(),
			func(w io.Writer) error { return export.WriteResults(w, results) },
			func(w io.Writer) error { return export.WriteResultsJSON(w, results) })
	}, tallyOf(results), err)
}

// tally counts outcomes. The first reason that a bad one has is kept: it names
// the right that would help.
type tally struct {
	counts [conn.OutcomeNotChecked + 1]int
	reason [conn.OutcomeNotChecked + 1]string
	total  int
}

func tallyOf(results []conn.Result) *tally {
	t := &tally{}
	for i := range results {
		t.add(results[i].Outcome, results[i].Reason)
	}
	return t
}

func (t *tally) add(o conn.Outcome, reason string) {
	t.total++
	t.counts[o]++
	if t.reason[o] == "" {
		t.reason[o] = reason
	}
}

// bad are the outcomes of a connection of which the command did not do what it
// was to do, the worst first.
func bad() []conn.Outcome {
	return []conn.Outcome{
		conn.OutcomeDiffers, conn.OutcomeRefused, conn.OutcomeNotChecked, conn.OutcomeGone, conn.OutcomeNotReached, conn.OutcomeUnknown,
	}
}

// failure is nil if no outcome is bad, and else one line: how many of each, and
// why the first of the worst.
func (t *tally) failure(interrupted bool) error {
	var parts []string
	why := ""
	for _, o := range bad() {
		if t.counts[o] == 0 {
			continue
		}
		parts = append(parts, conn.Whole(t.counts[o])+" "+o.String())
		if why == "" && t.reason[o] != "" {
			why = fmt.Sprintf("; %v: %s", o, t.reason[o])
		}
	}
	sentence := fmt.Sprintf("of %s %s%s", connections(t.total), strings.Join(parts, ", "), why)
	switch {
	case len(parts) == 0 && interrupted:
		return context.Canceled
	case len(parts) == 0:
		return nil
	case interrupted:
		return errors.New("interrupted before it was done: " + sentence)
	}
	return errors.New(sentence)
}

// either writes as --output says.
func either(output *choice, w io.Writer, table, json func(io.Writer) error) error {
	if output.String() == "json" {
		return json(w)
	}
	return table(w)
}
