package cli

import (
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/export"
)

const listIntro = `list prints the connections that match FILTER, or all of them, once.

The words of FILTER are joined by blanks and must all hold; docs/filter.md has the language.
A word that begins with "-" (not) goes behind "--": katop list -- proc:nginx -state:listen

What could not be seen, and which capability shows it, goes to standard error.`

func listLong() string {
	return listIntro + "\n\nSort keys: " + strings.Join(conn.SortKeys(), " ") +
		"\n\nColumns of table and csv: " + strings.Join(export.Columns(), " ")
}

const listExample = `  katop list state:estab ka:off 'silent>5m'        nobody would find these dead
  katop list -o json proc:postgres | jq .          everything that is known, for programs
  katop list --sort -silent --limit 20             the twenty that are silent the longest
  katop list --columns process,remote,dies-in,left 'unanswered>0'`

// format writes the chosen connections.
type format func(w io.Writer, s *conn.Snapshot, order []int32, columns []export.Column) error

// formats are the words of --output; the first is the default.
func formats() []string { return []string{"table", "json", "jsonl", "csv"} }

type listOptions struct {
	output  *choice
	sort    string
	columns string
	limit   int
}

func newList(deps Deps) *cobra.Command {
	o := listOptions{output: newChoice(formats()...)}
	cmd := &cobra.Command{
		Use:     "list [FILTER...]",
		Aliases: []string{"ls"},
		Short:   "Print the connections once",
		Long:    listLong(),
		Example: listExample,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, words []string) error {
			return o.run(cmd, deps, strings.Join(words, " "))
		},
	}
	flags := cmd.Flags()
	flags.VarP(o.output, "output", "o", "how to print")
	flags.StringVarP(&o.sort, "sort", "s", defaultSort, sortUsage)
	flags.StringVarP(&o.columns, "columns", "c", "",
		"print these columns, `NAMES` parted by commas (table and csv)")
	flags.IntVarP(&o.limit, "limit", "n", 0, "print at most `N` connections, 0 for all")
	return cmd
}

// listGCPercent is by how much the heap of list may grow until it is collected,
// in percent (runtime/debug, SetGCPercent): nearly all that it allocates is in use
// until it ends.
const listGCPercent = 10000

func (o *listOptions) run(cmd *cobra.Command, deps Deps, filter string) error {
	sel, err := parseSelection(filter, o.sort)
	if err != nil {
		return err
	}
	write, columns, err := o.format()
	if err != nil {
		return err
	}
	if o.limit < 0 {
		return usagef("--limit %d: it is 0 for all, or more", o.limit)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(listGCPercent))
	s, err := pollFor(cmd.Context(), deps, sel.filter)
	if err != nil {
		return err
	}
	reportHidden(cmd.ErrOrStderr(), s)
	order := sel.order(s)
	if o.limit > 0 {
		order = order[:min(o.limit, len(order))]
	}
	return write(cmd.OutOrStdout(), s, order, columns)
}

// format finds the writer and its columns.
func (o *listOptions) format() (write format, columns []export.Column, err error) {
	switch o.output.String() {
	case "json":
		write = withoutColumns(export.WriteJSON)
	case "jsonl":
		write = withoutColumns(export.WriteJSONL)
	case "csv":
		write, columns = export.WriteCSV, export.CSVColumns()
	default:
		write, columns = export.WriteTable, export.TableColumns()
	}
	if o.columns == "" {
		return write, columns, nil
	}
	if columns == nil {
		return nil, nil, usagef("--columns goes with table and csv: %s always has every field", o.output)
	}
	columns, err = export.ParseColumns(o.columns)
	if err != nil {
		return nil, nil, usageError{err}
	}
	return write, columns, nil
}

func withoutColumns(write func(io.Writer, *conn.Snapshot, []int32) error) format {
	return func(w io.Writer, s *conn.Snapshot, order []int32, _ []export.Column) error {
		return write(w, s, order)
	}
}
