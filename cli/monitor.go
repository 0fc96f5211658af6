package cli

import (
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/ui"
)

type monitorOptions struct {
	interval time.Duration
	filter   string
	sort     string
	view     *choice
}

// run shows the monitor, or prints one table where there is no terminal to show
// it on.
func (o *monitorOptions) run(cmd *cobra.Command, deps Deps) error {
	sel, err := parseSelection(o.filter, o.sort)
	if err != nil {
		return err
	}
	if o.interval < ui.MinInterval || o.interval > ui.MaxInterval {
		return usagef("--interval %v: it is %v to %v", o.interval, ui.MinInterval, ui.MaxInterval)
	}
	if !deps.Terminal(cmd.OutOrStdout()) {
		list := listOptions{output: newChoice(formats()...), sort: o.sort}
		return list.run(cmd, deps, o.filter)
	}
	source, err := deps.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	return deps.Monitor(cmd.Context(), ui.Options{
		Source:     source,
		Thresholds: conn.DefaultThresholds(),
		Interval:   o.interval,
		Filter:     sel.filter,
		Sort:       sel.sort,
		Descending: sel.descending,
		View:       ui.View(slices.Index(ui.ViewNames(), o.view.String())),
	})
}
