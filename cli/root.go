package cli

import (
	"github.com/spf13/cobra"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/ui"
)

const rootLong = `katop shows every TCP connection of this host live, with the state of its keepalive:
which are silent, which are being probed, which would never be found dead.

Where standard output is no terminal it prints one table instead, as "katop list" does.`

const rootExample = `  katop                                      the monitor
  katop --filter 'proc:nginx silent>5m'      nginx's connections that heard nothing for 5 minutes
  katop --sort -silent --interval 5s         the most silent first, a look every 5 seconds
  katop list -o json ka:off state:estab      what nobody would ever find dead, as JSON`

const netnsUsage = "which network `NAMESPACES`: all that may be read, own (the one katop was started in), a name as the column NETNS has it, or the PID of a process in it"

func newRoot(deps Deps) *cobra.Command {
	o := monitorOptions{view: newChoice(ui.ViewNames()...)}
	cmd := &cobra.Command{
		Use:           "katop",
		Short:         "Every TCP connection of this host, with the truth about its keepalive",
		Long:          rootLong,
		Example:       rootExample,
		Args:          noArgs,
		SilenceErrors: true, // Run prints them, as one line
		SilenceUsage:  true,
		// Letters by which a misspelt command may differ from the one offered.
		SuggestionsMinimumDistance: 2,
		CompletionOptions:          cobra.CompletionOptions{HiddenDefaultCmd: true},
		RunE:                       func(cmd *cobra.Command, _ []string) error { return o.run(cmd, deps) },
	}
	cmd.SetFlagErrorFunc(flagError)
	flags := cmd.Flags()
	flags.DurationVarP(&o.interval, "interval", "i", ui.DefaultInterval, "time between two looks at the kernel")
	flags.Float64Var(&o.maxCPU, "max-cpu", 100*ui.DefaultMaxCPU, "look more seldom when looking takes over `PERCENT` of one core, 0 for never")
	flags.StringVarP(&o.filter, "filter", "f", "", "show only the connections that match `FILTER`")
	flags.StringVarP(&o.sort, "sort", "s", defaultSort, sortUsage)
	flags.Var(o.view, "view", "what to begin with")
	flags.BoolVar(&o.readOnly, "read-only", false, "look only: change, check and end nothing")
	flags.StringVar(&o.log, "log", "", logUsage)
	deps.flags = &HostFlags{}
	cmd.PersistentFlags().StringVar(&deps.flags.NetNS, "netns", collector.AllNetNS, netnsUsage)
	cmd.PersistentFlags().BoolVar(&deps.flags.NoBPF, "no-bpf", false, "read and set sockets without eBPF, the slower way with the same result")
	cmd.AddCommand(
		newList(deps), newSummary(deps), newCheck(deps), newAdvise(deps), newEvents(deps), newTimewait(deps),
		newKeepalive(deps), newProbe(deps), newKill(deps), newUndo(deps), newJournal(deps), newVersion(deps),
	)
	return cmd
}
