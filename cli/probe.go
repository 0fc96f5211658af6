package cli

import (
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/katop/katop/export"
	"github.com/katop/katop/keepalive"
)

const probeLong = `probe asks the peers of live connections whether they live, with a keepalive probe each, and
tells what came of it:

  alive        the peer was heard, after the time shown
  silent       no probe was answered
  outstanding  data waits for an ACK: the kernel retransmits it, which tells as much
  not-checked  no probe was sent, for the reason shown
  gone         the connection is over; a peer that does not know it ends it by a RST

It asks nothing before it begins, as it does no harm: no connection dies of it, but for one that
its peer does not know, and all options are as before when it ends. If it is killed, the next
start of katop puts them back.`

const probeExample = `  katop probe state:estab 'silent>5m'         who is still there?
  katop probe -o json proc:postgres | jq .    for programs`

func newProbe(deps Deps) *cobra.Command {
	o := probeOptions{output: newChoice("table", "json")}
	cmd := &cobra.Command{
		Use:     "probe FILTER...",
		Short:   "Ask peers whether they live, without harm",
		Long:    probeLong + "\n\n" + targetsHelp,
		Example: probeExample,
		Args:    cobra.ArbitraryArgs,
		RunE:    func(cmd *cobra.Command, words []string) error { return o.run(cmd, deps, words) },
	}
	flags := cmd.Flags()
	flags.DurationVar(&o.timeout, "timeout", keepalive.DefaultProbeTimeout, "wait as long for answers")
	flags.BoolVar(&o.all, "all", false, "every connection, instead of a filter")
	flags.VarP(o.output, "output", "o", "how to print")
	return cmd
}

type probeOptions struct {
	timeout time.Duration
	all     bool
	output  *choice
}

func (o *probeOptions) run(cmd *cobra.Command, deps Deps, words []string) error {
	t, err := parseTargets(cmd, words, o.all)
	if err != nil {
		return err
	}
	t.states, t.owned = synchronized, true
	if o.timeout <= 0 {
		return usagef("--timeout %v: it is more than 0", o.timeout)
	}
	ctx := cmd.Context()
	control, err := open(ctx, cmd, deps)
	if err != nil {
		return err
	}
	found, _, err := t.find(ctx, cmd, deps)
	if err != nil {
		return err
	}
	progress, clearProgress := newProgress(cmd, deps)
	results, err := control.Probe(ctx, found, o.timeout, progress)
	clearProgress()
	sum := &tally{}
	for i := range results {
		sum.add(results[i].Outcome, results[i].Reason)
	}
	return finish(func() error {
		return either(o.output, cmd.OutOrStdout(),
			func(w io.Writer) error { return export.WriteProbes(w, results) },
			func(w io.Writer) error { return export.WriteProbesJSON(w, results) })
	}, sum, err)
}
