package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/ui"
)

// monitorGCPercent is by how much the monitor's heap may grow until it is
// collected, in percent (runtime/debug, SetGCPercent).
const monitorGCPercent = 12

// threadsToSpare is how many more threads run Go code at a time than there are
// processors. While a poll and a sort keep all of them busy, a key would wait
// behind their slices of 10 ms, once for each goroutine on its way to the screen;
// among threads the kernel lets those go first that have slept.
const threadsToSpare = 2

type monitorOptions struct {
	interval time.Duration
	maxCPU   float64 // percent of one core
	filter   string
	sort     string
	view     *choice
	readOnly bool
	log      string
}

// run shows the monitor, or prints one table where there is no terminal to show
// it on.
func (o *monitorOptions) run(cmd *cobra.Command, deps Deps) (err error) {
	sel, err := parseSelection("", o.sort)
	if err != nil {
		return err
	}
	view, parse := ui.View(slices.Index(ui.ViewNames(), o.view.String())), parseFilter
	if view == ui.ViewEvents {
		parse = parseEventFilter
	}
	if sel.filter, err = parse("filter", o.filter); err != nil {
		return err
	}
	if o.interval < ui.MinInterval || o.interval > ui.MaxInterval {
		return usagef("--interval %v: it is %v to %v", o.interval, ui.MinInterval, ui.MaxInterval)
	}
	if !(o.maxCPU >= 0 && o.maxCPU <= 100) {
		return usagef("--max-cpu %v: it is a percentage of one core, 1 to 100, or 0 for no limit", o.maxCPU)
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
	// Most of the memory is two snapshots, which are filled by turns, and what is
	// remembered of each connection: it hardly changes from poll to poll. So it
	// costs little to collect soon what is left over, and twice the memory is not
	// needed for it.
	defer debug.SetGCPercent(debug.SetGCPercent(monitorGCPercent))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + threadsToSpare))
	source, err := deps.open()
	if err != nil {
		return err
	}
	defer source.Close()
	controller, greeting, err := o.control(cmd.Context(), deps)
	if err != nil {
		return err
	}
	err = deps.Monitor(cmd.Context(), ui.Options{
		Controller: witnessedBy(source, controller),
		Greeting:   greeting,
		Source:     logged(source, log),
		Recycle:    recycler(source),
		Thresholds: conn.DefaultThresholds(),
		Interval:   o.interval,
		Spent:      deps.Spent,
		MaxCPU:     o.maxCPU / 100,
		Filter:     sel.filter,
		Sort:       sel.sort,
		Descending: sel.descending,
		View:       view,
		Keyboard:   keyboard(cmd.InOrStdin(), deps),
	})
	return errors.Join(err, log.finish(cmd.Context(), source))
}

// recycler takes snapshots of a source back, if it uses them again: a
// collector.Collector.
func recycler(source Source) func(*conn.Snapshot) {
	if r, can := source.(interface{ Recycle(s *conn.Snapshot) }); can {
		return r.Recycle
	}
	return nil
}

// keyboard is the terminal that keys come from, nil where in is none.
func keyboard(in io.Reader, deps Deps) *os.File {
	if f, is := in.(*os.File); is && deps.Terminal(f) {
		return f
	}
	return nil
}

// control makes ready to act and says what was put back, for a screen that may
// change something.
func (o *monitorOptions) control(ctx context.Context, deps Deps) (controller ui.Controller, greeting string, err error) {
	if o.readOnly {
		return nil, "", nil
	}
	c, err := deps.control()
	if err != nil {
		return nil, "", err
	}
	return c, heal(ctx, c), nil
}
