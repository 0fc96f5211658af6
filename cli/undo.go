package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/export"
)

const undoLong = `undo takes back what the last "katop keepalive" changed that was not taken back already, or the
command that --id names; katop journal lists them.

Only connections that still have what the command gave them are set: one that was changed since
by somebody else is left alone and reported. The next undo takes back the command before.`

func newUndo(deps Deps) *cobra.Command {
	o := undoOptions{output: newChoice("table", "json")}
	cmd := &cobra.Command{
		Use:   "undo",
		Short: "Take the last change of keepalive back",
		Long:  undoLong,
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.run(cmd, deps) },
	}
	cmd.Flags().StringVar(&o.id, "id", "", "take back the command `ID` of the journal")
	o.flags(cmd)
	cmd.Flags().VarP(o.output, "output", "o", "how to print")
	return cmd
}

type undoOptions struct {
	confirmation
	id     string
	output *choice
}

func (o *undoOptions) run(cmd *cobra.Command, deps Deps) error {
	if err := o.possible(cmd, deps); err != nil {
		return err
	}
	ctx := cmd.Context()
	control, err := o.open(ctx, cmd, deps)
	if err != nil {
		return err
	}
	actions, err := control.Journal()
	if err != nil {
		return err
	}
	action, err := undoable(actions, o.id)
	if err != nil {
		return err
	}
	due := reversed(action)
	err = o.ask(ctx, cmd, func(w io.Writer) error { return export.WriteResults(w, due) },
		fmt.Sprintf("take back %s on %s?", action.ID, connections(len(due))))
	if err != nil {
		return err
	}
	progress, clearProgress := newProgress(cmd, deps)
	// By its ID: another command may have come since.
	results, err := control.Undo(ctx, action.ID, progress)
	clearProgress()
	return finish(func() error {
		return either(o.output, cmd.OutOrStdout(),
			func(w io.Writer) error { return export.WriteResults(w, results) },
			func(w io.Writer) error { return export.WriteUndoneJSON(w, results) })
	}, tallyOf(results), err)
}

// undoable finds the command to take back: the one that id names, which may
// have been taken back before, or for "" the last one that was not.
func undoable(actions []conn.Action, id string) (*conn.Action, error) {
	for i := range slices.Backward(actions) {
		action := actions[i]
		if id != "" {
			action.Undone = false
		}
		switch {
		case id != "" && action.ID != id:
		case action.Undoable():
			return &action, nil
		case id != "":
			return nil, fmt.Errorf("command %s changed nothing that could be taken back: it is of kind %v", id, action.Kind)
		}
	}
	if id != "" {
		return nil, fmt.Errorf("no command %q is in the journal: katop journal lists them", id)
	}
	return nil, errors.New("nothing to undo: the journal has no change of keepalive that was not taken back already")
}

// reversed is what taking the command back would do.
func reversed(a *conn.Action) []conn.Result {
	var due []conn.Result
	for i := range a.Results {
		if r := &a.Results[i]; r.Changed() {
			due = append(due, conn.Result{Connection: r.Connection, Before: r.After, After: r.Before})
		}
	}
	return due
}
