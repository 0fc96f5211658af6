package cli

import (
	"context"
	"errors"
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
	readOnly bool
	log      string
}

// run shows the monitor, or prints one table where there is no terminal to show
// it on.
func (o *monitorOptions) run(cmd *cobra.Command, deps Deps) (err error) {
	sel, err := parseSelection(o.filter, o.sort)
	if err != nil {
		return err
	}
	if o.interval < ui.MinInterval || o.interval > ui.MaxInterval {
		return usagef("--interval %v: it is %v to %v", o.interval, ui.MinInterval, ui.MaxInterval)
	}
	if !deps.Terminal(cmd.OutOrStdout()) {
		if o.log != "" {
			return usagef("--log goes with the monitor, and standard output is no terminal: katop events --log %s needs none", o.log)
		}
		list := listOptions{output: newChoice(formats()...), sort: o.sort}
		return list.run(cmd, deps, o.filter)
	}
	log, err := openLog(o.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.close()) }()
	source, err := deps.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	controller, greeting, err := o.control(cmd.Context(), deps)
	if err != nil {
		return err
	}
	return deps.Monitor(cmd.Context(), ui.Options{
		Controller: witnessedBy(source, controller),
		Greeting:   greeting,
		Source:     logged(source, log),
		Thresholds: conn.DefaultThresholds(),
		Interval:   o.interval,
		Filter:     sel.filter,
		Sort:       sel.sort,
		Descending: sel.descending,
		View:       ui.View(slices.Index(ui.ViewNames(), o.view.String())),
	})
}

// control makes ready to act and says what was put back, for a screen that may
// change something.
func (o *monitorOptions) control(ctx context.Context, deps Deps) (controller ui.Controller, greeting string, err error) {
	if o.readOnly {
		return nil, "", nil
	}
	c, err := deps.Control()
	if err != nil {
		return nil, "", err
	}
	return c, heal(ctx, c), nil
}
