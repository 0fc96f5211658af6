package ui

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// phase is how far an action has come.
type phase uint8

const (
	phaseForm    phase = iota // the keepalive dialog: what is to be set
	phaseConfirm              // shows exactly what it will touch, and asks
	phaseRunning              // with a progress bar
	phaseDone                 // shows what became of each connection until dismissed
)

// action is something done to connections, from the key to the last result. It
// is in front of everything else while it lasts.
type action struct {
	kind      conn.ActionKind
	phase     phase
	reach     reach
	targets   []conn.Connection
	gathering bool          // the targets are not there yet
	asked     bool          // they have been there once
	form      keepaliveForm // ActionKeepalive
	undoes    *conn.Action  // ActionUndo: what it takes back
	undone    []conn.Result // ActionUndo: of the targets
	foreseen  foreseen      // the last forecast
	top       int           // first line of a list that is longer than the screen

	number int // tells its answer from that of an action before it
	cancel context.CancelFunc
	tally  *tally
	report report
}

// foreseen is a forecast with what it is about.
type foreseen struct {
	setting  conn.Setting
	reach    reach
	targets  int
	forecast conn.Forecast
}

// tally is how far a running action has come; it is written beside the screen.
type tally struct{ done, total atomic.Int64 }

func (t *tally) count(done, total int) {
	t.done.Store(int64(done))
	t.total.Store(int64(total))
}

// reportMsg is the answer of an action.
type reportMsg struct {
	number int
	report report
}

// probeTimeout is how long a liveness check waits: three probes a second apart.
const probeTimeout = 3500 * time.Millisecond

// pressAct handles the keys that begin an action.
func (m *Model) pressAct(msg tea.KeyMsg) (tea.Cmd, bool) {
	k := &m.keys
	switch {
	case key.Matches(msg, k.Keepalive):
		return m.begin(conn.ActionKeepalive), true
	case key.Matches(msg, k.Probe):
		return m.begin(conn.ActionProbe), true
	case key.Matches(msg, k.Kill):
		return m.begin(conn.ActionKill), true
	case key.Matches(msg, k.Undo):
		return m.beginUndo(""), true
	case key.Matches(msg, k.Journal):
		return m.openJournal(), true
	}
	return nil, false
}

// begin opens an action on connections. A liveness check of one connection
// harms nobody and asks nothing.
func (m *Model) begin(kind conn.ActionKind) tea.Cmd {
	if m.listing == nil || m.lists.at(m.at().kind) != nil {
		return m.say(theme.Warning, "open a row first: this acts on connections")
	}
	if m.at().kind == atConnection && !m.subject.gone.IsZero() {
		return m.say(theme.Warning, "this connection has ended: there is nothing left to act on")
	}
	m.action = &action{kind: kind, reach: m.firstReach(), phase: phaseConfirm}
	if kind == conn.ActionKeepalive {
		m.action.phase = phaseForm
	}
	return m.gather(m.action)
}

// pressAction handles a key while an action is in front.
func (m *Model) pressAction(msg tea.KeyMsg) tea.Cmd {
	a, k := m.action, &m.keys
	switch {
	case a.phase == phaseForm:
		return m.pressForm(msg)
	case a.phase == phaseRunning:
		if key.Matches(msg, k.Stop) {
			a.cancel()
		}
	case a.scroll(msg, k):
	case a.phase == phaseDone:
		if key.Matches(msg, k.Dismiss) {
			m.action = nil
		}
	case key.Matches(msg, k.Yes):
		return m.start(a)
	case key.Matches(msg, k.No):
		m.action = nil
	case key.Matches(msg, k.Whom) && a.kind != conn.ActionUndo:
		a.reach = m.nextReach(a.reach)
		return m.gather(a)
	}
	return nil
}

// scroll moves a list that is longer than the screen.
func (a *action) scroll(msg tea.KeyMsg, k *KeyMap) bool {
	const page = 10
	switch {
	case key.Matches(msg, k.Up):
		a.top--
	case key.Matches(msg, k.Down):
		a.top++
	case key.Matches(msg, k.PageUp, k.HalfUp):
		a.top -= page
	case key.Matches(msg, k.PageDown, k.HalfDown):
		a.top += page
	case key.Matches(msg, k.Home):
		a.top = 0
	default:
		return false
	}
	a.top = max(0, a.top)
	return true
}

// start lets an action run beside the screen.
func (m *Model) start(a *action) tea.Cmd {
	ctx, cancel := context.WithCancel(m.ctx)
	m.acted++
	a.phase, a.cancel, a.tally, a.number, a.top = phaseRunning, cancel, &tally{}, m.acted, 0
	a.tally.total.Store(int64(len(a.targets)))
	run := m.runner(a)
	number, acting := a.number, m.acting
	return tea.Batch(m.startClock(), func() tea.Msg {
		acting.RLock()
		defer acting.RUnlock()
		defer cancel()
		return reportMsg{number, run(ctx)}
	})
}

// runner is the call that does the work of an action.
func (m *Model) runner(a *action) func(context.Context) report {
	c, targets, progress := m.controller, a.targets, a.tally.count
	switch a.kind {
	case conn.ActionProbe:
		return func(ctx context.Context) report {
			results, err := c.Probe(ctx, targets, probeTimeout, progress)
			return probeReport(results, err)
		}
	case conn.ActionKill:
		return func(ctx context.Context) report {
			results, err := c.Kill(ctx, targets, progress)
			return changeReport(results, err)
		}
	case conn.ActionUndo:
		id := a.undoes.ID
		return func(ctx context.Context) report {
			results, err := c.Undo(ctx, id, progress)
			return changeReport(results, err)
		}
	}
	setting := a.form.chosenSetting()
	return func(ctx context.Context) report {
		results, err := c.Apply(ctx, targets, setting, progress)
		return changeReport(results, err)
	}
}

// reported takes the answer of an action in and looks anew at what it touched.
func (m *Model) reported(msg reportMsg) tea.Cmd {
	if m.action == nil || m.action.number != msg.number {
		return nil
	}
	m.action.phase, m.action.report = phaseDone, msg.report
	for i := range msg.report.rows {
		m.touched = append(m.touched, msg.report.rows[i].id)
	}
	if m.polling || m.frozen {
		return nil
	}
	return m.poll()
}
