package ui

import (
	"context"
	"errors"
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// Init asks for the first snapshot.
func (m *Model) Init() tea.Cmd { return tea.Batch(m.poll(), m.greet()) }

// join is Init where the first poll is under way already.
func (m *Model) join() tea.Cmd {
	m.polling = true
	m.pace.begin()
	return m.greet()
}

func (m *Model) greet() tea.Cmd {
	if m.greeting == "" {
		return nil
	}
	return m.say(theme.Notice, conn.Printable(m.greeting))
}

// Update is called for every message; it does no I/O and nothing that takes
// long with many connections.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.showListing()
	case tea.KeyMsg:
		return m, m.pressAll(msg)
	case tickMsg:
		return m, m.tick(msg)
	case polledMsg:
		return m, m.polled(msg)
	case asideMsg:
		return m, m.done(msg)
	case clockMsg:
		return m, m.clockTicked(msg)
	case processMsg:
		m.gotProcess(msg)
	case detailMsg:
		m.gotDetail(msg)
	case journalMsg:
		return m, m.gotJournal(msg)
	case reportMsg:
		return m, m.reported(msg)
	}
	return m, nil
}

func (m *Model) tick(msg tickMsg) tea.Cmd {
	if msg.number != m.ticking || m.polling {
		return nil
	}
	return m.poll()
}

// polled takes the answer in and only then lets the next interval begin.
func (m *Model) polled(msg polledMsg) tea.Cmd {
	m.polling = false
	next := m.wait()
	if msg.err != nil {
		if !errors.Is(msg.err, context.Canceled) {
			m.pollError = msg.err
		}
		return tea.Batch(next, m.startClock())
	}
	m.pollError = nil
	m.log.take(msg.snapshot)
	if m.passed != nil {
		m.spent, m.passed = append(m.spent, m.passed), nil
	}
	if m.frozen { // what happens is still heard of, and logged
		m.passed = msg.snapshot
		m.release()
		return next
	}
	return tea.Batch(next, m.takeIn(msg.snapshot), m.askPage())
}

// arranged puts an answer on the screen, if it is the one to the last question.
// A fresh snapshot that was arranged for an older question is asked again.
func (m *Model) arranged(l *Listing) tea.Cmd {
	if l == nil {
		return nil
	}
	fresh := m.intake == nil || l.intake.snapshot.At.After(m.intake.snapshot.At)
	if fresh && m.frozen && m.listing != nil { // it was under way when the screen was frozen
		if m.turned {
			return m.rearrange() // it would have answered what was asked, too
		}
		return nil
	}
	if fresh {
		if m.intake != nil {
			m.spent = append(m.spent, m.intake.snapshot)
		}
		m.intake = l.intake
		m.courses.take(l.intake)
		m.pace.end()
	}
	if l.question.number != m.asked {
		if fresh {
			return m.rearrange()
		}
		return nil
	}
	m.listing, m.turned = l, false
	m.followPages(l)
	m.showListing()
	return tea.Batch(m.unmark(l.ended), m.pressHeld())
}

// unmark takes the marks of connections away that have ended, and says so: what
// is done to the marked is done to fewer than one may think.
func (m *Model) unmark(ended map[conn.ID]struct{}) tea.Cmd {
	if len(ended) == 0 {
		return nil
	}
	before := m.connections.Marks()
	m.connections.KeepMarks(func(id conn.ID) bool {
		_, gone := ended[id]
		return !gone
	})
	left := m.connections.Marks()
	if left == before {
		return nil
	}
	return m.say(theme.Notice, fmt.Sprintf("%s of the marked connections ended, %s marked remain", conn.Whole(before-left), conn.Whole(left)))
}

// followPages brings the pages that are open up to a new listing.
func (m *Model) followPages(l *Listing) {
	at := l.intake.snapshot.At
	for _, p := range m.trail {
		switch {
		case p.kind == atProcess && p.scope.pid == l.process.pid:
			p.courses.take(at, l.process)
		case p.kind == atConnection:
			m.subject.follow(l, &m.log)
		}
	}
}

// showListing hands the rows to the tables.
func (m *Model) showListing() {
	if m.listing == nil {
		return
	}
	m.fitColumns()
	m.showOrder()
	m.connections.SetEmpty(m.nothingHere())
	m.connections.SetSource(connectionRows{m.listing, m.columnsFor(m.width), m.theme})
	m.lists.showListing(m.listing, !m.moved)
	if !m.moved {
		m.connections.Home()
	}
}

// nothingHere stands in place of the connections when there are none.
func (m *Model) nothingHere() string {
	switch s := m.scope(); {
	case !m.filter.valid.Empty():
		return noMatch
	case s.kind == scopeProcess:
		return "this process has no connection any more"
	case s.kind == scopeFinding:
		return "none is left: the finding is gone"
	case s.kind != scopeAll:
		return "none is left"
	}
	return "there is no TCP socket"
}

// startClock begins to draw what counts down, if anything does. Of the clocks
// that were started before, none goes on.
func (m *Model) startClock() tea.Cmd {
	m.clocked++
	return m.clockTicked(clockMsg{m.clocked})
}

// clockTicked keeps the clock going while something moves by itself: a count
// down, a progress bar, the age of what is frozen or stale.
func (m *Model) clockTicked(msg clockMsg) tea.Cmd {
	step := time.Second
	switch {
	case msg.number != m.clocked:
		return nil
	case m.action != nil && m.action.phase == phaseRunning, m.at().kind == atConnection && !m.frozen:
		step = clockStep
	case !m.frozen && m.pollError == nil:
		return nil
	}
	return m.after(step, func(time.Time) tea.Msg { return msg })
}

func (m *Model) gotProcess(msg processMsg) {
	if p := m.at(); p.kind != atProcess || p.scope.pid != msg.pid {
		return
	}
	m.process, m.pageError = &msg.process, msg.err
}

func (m *Model) gotDetail(msg detailMsg) {
	if p := m.at(); p.kind != atConnection || p.id != msg.id {
		return
	}
	if msg.err != nil {
		m.pageError = msg.err
		return
	}
	m.detail, m.pageError = &msg.detail, nil
}

// freeze holds the screen still, or lets it go on at once. The kernel is looked
// at all the same.
func (m *Model) freeze() tea.Cmd {
	m.frozen = !m.frozen
	if m.frozen || m.polling {
		return m.startClock()
	}
	return tea.Batch(m.poll(), m.startClock())
}

func (m *Model) setInterval(d time.Duration) tea.Cmd {
	m.interval = min(max(d, MinInterval), MaxInterval)
	said := m.say(theme.Accent, "every "+m.interval.String())
	if m.polling {
		return said
	}
	return tea.Batch(said, m.wait())
}
