package cli

import (
	"github.com/spf13/cobra"

	"github.com/katop/katop/export"
)

const summaryLong = `summary prints this host's connections in numbers, once: how many in each state and with each
verdict, how many would find a dead peer, TIME-WAIT of its limit, and the sysctls and counters
that bear on keepalive.`

func newSummary(deps Deps) *cobra.Command {
	output := newChoice("table", "json")
	cmd := &cobra.Command{
		Use:   "summary",
		Short: "Print the connections in numbers",
		Long:  summaryLong,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := pollFor(cmd.Context(), deps, nil)
			if err != nil {
				return err
			}
			reportHidden(cmd.ErrOrStderr(), s)
			if output.String() == "json" {
				return export.WriteSummaryJSON(cmd.OutOrStdout(), s)
			}
			return export.WriteSummary(cmd.OutOrStdout(), s)
		},
	}
	cmd.Flags().VarP(output, "output", "o", "how to print")
	return cmd
}
