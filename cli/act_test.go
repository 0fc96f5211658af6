package cli

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/ui"
)

// fakeController notes what it is told to do and answers as it is told to.
type fakeController struct {
	mu       sync.Mutex
	calls    []string // "apply 2", "undo ID"
	settings []conn.Setting
	timeouts []time.Duration
	outcomes []conn.Outcome // of the connections, in turn; none: done
	reason   string
	healed   []conn.Result
	journal  []conn.Action
	err      error  // beside the results
	during   func() // called in the middle of what it does
}

func (f *fakeController) did(call string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call)
}

func (f *fakeController) results(targets []conn.Connection, progress func(done, total int)) ([]conn.Result, error) {
	results := make([]conn.Result, len(targets))
	for i := range targets {
		results[i] = conn.Result{Connection: targets[i], Outcome: conn.OutcomeDone}
		if len(f.outcomes) > 0 {
			results[i].Outcome, results[i].Reason = f.outcomes[i%len(f.outcomes)], f.reason
		}
		if progress != nil {
			progress(i+1, len(targets))
		}
	}
	if f.during != nil {
		f.during()
	}
	return results, f.err
}

func (f *fakeController) Apply(_ context.Context, targets []conn.Connection, s conn.Setting, progress func(done, total int)) ([]conn.Result, error) {
	f.did("apply " + names(targets))
	f.settings = append(f.settings, s)
	return f.results(targets, progress)
}

func (f *fakeController) Kill(_ context.Context, targets []conn.Connection, progress func(done, total int)) ([]conn.Result, error) {
	f.did("kill " + names(targets))
	return f.results(targets, progress)
}

func (f *fakeController) Undo(_ context.Context, id string, progress func(done, total int)) ([]conn.Result, error) {
	f.did("undo " + id)
	return f.results(host().Connections[:1], progress)
}

func (f *fakeController) Probe(_ context.Context, targets []conn.Connection, timeout time.Duration, progress func(done, total int)) ([]conn.ProbeResult, error) {
	f.did("probe " + names(targets))
	f.timeouts = append(f.timeouts, timeout)
	results, err := f.results(targets, progress)
	probes := make([]conn.ProbeResult, len(results))
	for i, r := range results {
		probes[i] = conn.ProbeResult{Connection: r.Connection, Outcome: r.Outcome, Reason: r.Reason}
	}
	return probes, err
}

func (f *fakeController) Heal(context.Context) ([]conn.Result, error) {
	f.did("heal")
	return f.healed, nil
}

func (f *fakeController) Journal() ([]conn.Action, error) { return f.journal, nil }

// acted are the calls that change or send something.
func (f *fakeController) acted() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var acted []string
	for _, call := range f.calls {
		if call != "heal" {
			acted = append(acted, call)
		}
	}
	return acted
}

// names are the processes of the connections, which have one each.
func names(targets []conn.Connection) string {
	var all []string
	for i := range targets {
		name := "-"
		if o, ok := targets[i].Owner(); ok {
			name = o.Name
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

// invocation is how katop is called: what is typed, and what is a terminal.
type invocation struct {
	args     string // parted by blanks
	stdin    string
	asked    bool // stdin is a terminal
	shown    bool // stderr is a terminal
	snapshot *conn.Snapshot
	ctx      context.Context //nolint:containedctx // of this invocation
}

// run runs katop with a fake source and the controller.
func (v invocation) run(t *testing.T, control *fakeController) result {
	t.Helper()
	if v.snapshot == nil {
		v.snapshot = host()
	}
	if v.ctx == nil {
		v.ctx = t.Context()
	}
	r := result{source: &fakeSource{snapshot: v.snapshot}}
	var stdout, stderr bytes.Buffer
	r.code = Run(v.ctx, strings.Fields(v.args), strings.NewReader(v.stdin), &stdout, &stderr, Deps{
		Open:    func(HostFlags) (Source, error) { return r.source, nil },
		Control: func(HostFlags) (Controller, error) { return control, nil },
		Monitor: func(_ context.Context, o ui.Options) error {
			r.monitor = append(r.monitor, o)
			return nil
		},
		Terminal:    func(io.Writer) bool { return v.shown },
		Interactive: func(io.Reader) bool { return v.asked },
	})
	r.stdout, r.stderr = stdout.String(), stderr.String()
	return r
}
