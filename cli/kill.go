package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/export"
)

const killLong = `kill ends connections, never a process: the program finds its connection dead with ECONNABORTED,
and the peer gets a RST. It cannot be undone.

Listeners and the stubs of TIME-WAIT and SYN-RECV are meant only where the filter names their
state, as state:time-wait.`

const killExample = `  katop kill --dry-run verdict:probing       which would be ended
  katop kill raddr:192.0.2.7 :5432           asks, then ends them`

func newKill(deps Deps) *cobra.Command {
	o := killOptions{output: newChoice("table", "json")}
	cmd := &cobra.Command{
		Use:     "kill FILTER...",
		Short:   "End connections, never a process",
		Long:    killLong + "\n\n" + targetsHelp,
		Example: killExample,
		Args:    cobra.ArbitraryArgs,
		RunE:    func(cmd *cobra.Command, words []string) error { return o.run(cmd, deps, words) },
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "every connection, instead of a filter")
	o.flags(cmd)
	o.dryRunFlag(cmd)
	cmd.Flags().VarP(o.output, "output", "o", "how to print")
	return cmd
}

type killOptions struct {
	confirmation
	all    bool
	output *choice
}

func (o *killOptions) run(cmd *cobra.Command, deps Deps, words []string) error {
	t, err := parseTargets(cmd, words, o.all)
	if err != nil {
		return err
	}
	t.states = killable
	if err := o.possible(cmd, deps); err != nil {
		return err
	}
	ctx := cmd.Context()
	control, err := o.open(ctx, cmd, deps)
	if err != nil {
		return err
	}
	found, _, err := t.find(ctx, cmd, deps)
	if err != nil {
		return err
	}
	due := make([]conn.Result, len(found))
	for i := range found {
		due[i].Connection = found[i]
	}
	show := func(w io.Writer) error { return export.WriteResults(w, due) }
	if o.dryRun {
		return either(o.output, cmd.OutOrStdout(), show, func(w io.Writer) error { return export.WritePlanJSON(w, due) })
	}
	if err := o.ask(ctx, cmd, show, "end "+connections(len(found))+"?"); err != nil {
		return err
	}
	progress, clearProgress := newProgress(cmd, deps)
	results, err := control.Kill(ctx, found, progress)
	clearProgress()
	return finishResults(cmd, o.output, results, err)
}
