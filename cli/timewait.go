package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/export"
)

const timewaitLong = `timewait prints what is in TIME-WAIT, which is always on the side that closed first: how many of
tcp_max_tw_buckets, how many of the ports towards each destination are used and when they run out
at the present rate, and how many each local port has left behind.

The rate is that of the last ten seconds: how long each has been there shows in its timer.`

func newTimewait(deps Deps) *cobra.Command {
	output := newChoice("table", "json")
	cmd := &cobra.Command{
		Use:   "timewait",
		Short: "Print what is in TIME-WAIT, and which ports run out",
		Long:  timewaitLong,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := pollOnce(cmd.Context(), deps, conn.Want{})
			if err != nil {
				return err
			}
			reportHidden(cmd.ErrOrStderr(), s)
			return either(output, cmd.OutOrStdout(),
				func(w io.Writer) error { return export.WriteTimeWaits(w, s) },
				func(w io.Writer) error { return export.WriteTimeWaitsJSON(w, s) })
		},
	}
	cmd.Flags().VarP(output, "output", "o", "how to print")
	return cmd
}
