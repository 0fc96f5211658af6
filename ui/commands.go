package ui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
)

// poll asks the source for a snapshot and for the options of what is shown. It
// is never issued while another is under way.
func (m *Model) poll() tea.Cmd {
	m.polling = true
	m.pace.begin()
	ctx, source := m.ctx, m.source
	want := conn.Want{Options: append(m.shownIDs(), m.touched...)}
	m.touched = nil
	return func() tea.Msg {
		snapshot, err := source.Poll(ctx, want)
		return polledMsg{snapshot, err}
	}
}

// shownIDs is the connections whose options should be fresh.
func (m *Model) shownIDs() []conn.ID {
	if p := m.at(); p.kind == atConnection {
		return []conn.ID{p.id}
	}
	return m.connections.VisibleIDs(nil)
}

// takeIn works a fresh snapshot into a listing.
func (m *Model) takeIn(s *conn.Snapshot) tea.Cmd {
	q, before, last := m.question(), m.intake, m.listing
	return m.aside(func() tea.Msg { return arrangedMsg{m.workshop.take(s, before, q, last)} })
}

// rearrange answers a new question from the snapshot that is on the screen.
func (m *Model) rearrange() tea.Cmd {
	if m.intake == nil {
		return nil
	}
	m.turned = true
	q, in, last := m.question(), m.intake, m.listing
	return m.aside(func() tea.Msg { return arrangedMsg{m.workshop.again(in, q, last)} })
}

// aside does what takes long with many connections off the program's goroutine.
// Until it is done, what it may refer to is not handed back.
func (m *Model) aside(work func() tea.Msg) tea.Cmd {
	m.working++
	return func() tea.Msg { return asideMsg{work()} }
}

// done takes in what was worked out aside.
func (m *Model) done(msg asideMsg) tea.Cmd {
	m.working--
	var next tea.Cmd
	switch result := msg.result.(type) {
	case arrangedMsg:
		next = m.arranged(result.listing)
	case targetsMsg:
		next = m.gathered(result)
	case markedMsg:
		next = m.marked(result)
	}
	m.release()
	return next
}

// release hands the snapshots back that were listed once. Nothing refers to them
// when the newest one is on the screen and nothing is under way: pages, actions
// and events hold copies of connections.
func (m *Model) release() {
	if m.working > 0 || m.listing == nil || m.listing.intake != m.intake {
		return
	}
	if m.recycle != nil {
		for _, s := range m.spent {
			m.recycle(s)
		}
	}
	clear(m.spent)
	m.spent = m.spent[:0]
}

// wait ticks when the interval is over.
func (m *Model) wait() tea.Cmd {
	m.ticking++
	number := m.ticking
	return m.after(m.pace.stretch(m.interval), func(time.Time) tea.Msg { return tickMsg{number} })
}

// clockStep is how often what counts down is drawn anew.
const clockStep = 200 * time.Millisecond

// askPage fetches what the present page shows beyond the snapshot.
func (m *Model) askPage() tea.Cmd {
	ctx, source, p := m.ctx, m.source, m.at()
	switch p.kind {
	case atProcess:
		return func() tea.Msg {
			process, err := source.Process(ctx, p.scope.pid)
			return processMsg{process, err, p.scope.pid}
		}
	case atConnection:
		if !m.subject.gone.IsZero() {
			return nil
		}
		return func() tea.Msg {
			detail, err := source.Detail(ctx, p.id)
			return detailMsg{detail, err, p.id}
		}
	}
	return nil
}
