package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/export"
)

const adviseLong = `advise says what is wrong on this host, the most harmful first: which programs hold connections
that are dead, or that nobody would ever find dead, what uses up the ports, and what can be done,
as text to copy. It changes nothing.

It looks twice, 0.3 s apart, and sees no heartbeat in that time: connections that the monitor leaves
alone for theirs are among those without keepalive.`

func newAdvise(deps Deps) *cobra.Command {
	output := newChoice("table", "json")
	cmd := &cobra.Command{
		Use:   "advise",
		Short: "Say what is wrong, and which settings mend it",
		Long:  adviseLong,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := pollTwice(cmd.Context(), deps)
			if err != nil {
				return err
			}
			reportHidden(cmd.ErrOrStderr(), s)
			thresholds, general := conn.DefaultThresholds(), conn.Profiles()[0]
			findings := conn.Findings(s, &thresholds, general.Params)
			return either(output, cmd.OutOrStdout(),
				func(w io.Writer) error { return export.WriteAdvice(w, findings) },
				func(w io.Writer) error { return export.WriteAdviceJSON(w, s, findings) })
		},
	}
	cmd.Flags().VarP(output, "output", "o", "how to print")
	return cmd
}
