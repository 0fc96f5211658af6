package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/katop/katop/export"
)

const journalLong = `journal lists the commands that changed, checked or ended connections, the oldest first: when,
by whom, and what became of each connection. katop undo takes a change back.

It is the journal of the user who calls: root's is /var/lib/katop/journal.jsonl, that of others
katop/journal.jsonl below $XDG_STATE_HOME or ~/.local/state.`

func newJournal(deps Deps) *cobra.Command {
	output := newChoice("table", "json")
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "List what was changed, checked and ended",
		Long:  journalLong,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			control, err := open(cmd.Context(), cmd, deps)
			if err != nil {
				return err
			}
			actions, err := control.Journal()
			if err != nil {
				return err
			}
			return either(output, cmd.OutOrStdout(),
				func(w io.Writer) error { return export.WriteJournal(w, actions) },
				func(w io.Writer) error { return export.WriteJournalJSON(w, actions) })
		},
	}
	cmd.Flags().VarP(output, "output", "o", "how to print")
	return cmd
}
