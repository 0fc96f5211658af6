package ui

import (
	"context"
	"errors"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// Init asks for the first snapshot.
func (m *Model) Init() tea.Cmd {
	if m.greeting == "" {
		return m.poll()
	}
	return tea.Batch(m.poll(), m.say(theme.Notice, conn.Printable(m.greeting)))
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
	case arrangedMsg:
		return m, m.arranged(msg.listing)
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
	if msg.number != m.ticking || m.frozen || m.polling {
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
	if m.frozen {
		return nil
	}
	return tea.Batch(next, m.takeIn(msg.snapshot), m.askPage())
}

// arranged puts an answer on the screen, if it is the one to the last question.
// A fresh snapshot that was arranged for an older question is asked again.
func (m *Model) arranged(l *Listing) tea.Cmd {
	fresh := m.intake == nil || l.intake.snapshot.At.After(m.intake.snapshot.At)
	if fresh && m.frozen && m.listing != nil {
		return nil // it was under way when the screen was frozen
	}
	if fresh {
		m.intake = l.intake
		m.courses.take(l.intake)
	}
	if l.question.number != m.asked {
		if fresh {
			return m.rearrange()
		}
		return nil
	}
	m.listing = l
	if m.at().kind == atConnection {
		m.subject.follow(l, &m.log)
	}
	m.showListing()
	return nil
}

// showListing hands the rows to the tables.
func (m *Model) showListing() {
	if m.listing == nil {
		return
	}
	m.fitColumns()
	m.connections.SetSource(connectionRows{m.listing, m.columnsFor(m.width), m.theme})
	m.lists.showListing(m.listing, !m.moved)
	m.connections.SetSort(m.sort.key.String(), m.sort.descending)
	if !m.moved {
		m.connections.Home()
	}
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

// pressAll handles keys that came in one read, as they do from a fast typist
// over a slow line. What is pasted is text, and no keys.
func (m *Model) pressAll(msg tea.KeyMsg) tea.Cmd {
	switch {
	case msg.Paste && !m.filter.open:
		return nil
	case msg.Type == tea.KeyEsc && msg.Alt:
		// Two Esc in one read, which Bubble Tea takes for one with Alt.
		esc := tea.KeyMsg{Type: tea.KeyEsc}
		return tea.Batch(m.press(esc), m.press(esc))
	case msg.Paste || len(msg.Runes) < 2:
		return m.press(msg)
	}
	var cmds []tea.Cmd
	for _, r := range msg.Runes {
		cmds = append(cmds, m.press(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: msg.Alt}))
	}
	return tea.Batch(cmds...)
}

// press handles a key: first whoever is open in front, then the screen.
func (m *Model) press(msg tea.KeyMsg) tea.Cmd {
	switch {
	case m.filter.open:
		if m.filter.press(msg) {
			return m.rearrange()
		}
		return nil
	case m.chooser != nil:
		if m.chooser.press(msg, &m.keys, m.columns) {
			m.chooser = nil
		}
		m.showListing()
		return nil
	case m.action != nil:
		return m.pressAction(msg)
	case m.journal != nil:
		return m.pressJournal(msg)
	case m.helping:
		return m.pressHelp(msg)
	}
	if key.Matches(msg, m.keys.Quit) {
		m.quitting = true
		return tea.Quit
	}
	if cmd, done := m.pressGo(msg); done {
		return cmd
	}
	if cmd, done := m.pressAct(msg); done {
		return cmd
	}
	if cmd, done := m.pressSettings(msg); done {
		return cmd
	}
	if m.at().kind == atConnection {
		m.scrollPage(msg)
		return nil
	}
	if m.at().kind == atAdvice && m.pressAdvice(msg) {
		return nil
	}
	m.moved = true
	m.moveCursor(msg)
	return nil
}

func (m *Model) pressHelp(msg tea.KeyMsg) tea.Cmd {
	if key.Matches(msg, m.keys.Help, m.keys.Back, m.keys.Quit) {
		m.helping = false
		m.page.GotoTop()
		return nil
	}
	m.scrollPage(msg)
	return nil
}

// pressSettings handles the keys that change how things are shown.
func (m *Model) pressSettings(msg tea.KeyMsg) (tea.Cmd, bool) {
	k := &m.keys
	switch {
	case key.Matches(msg, k.Filter):
		m.filter.edit()
	case key.Matches(msg, k.Reverse):
		return m.reverse(), true
	case key.Matches(msg, k.SortLeft):
		return m.sortBeside(-1), true
	case key.Matches(msg, k.SortRight):
		return m.sortBeside(1), true
	case key.Matches(msg, k.Switch):
		return m.switchOver(), true
	case key.Matches(msg, k.Columns):
		if m.showsConnections() {
			m.chooser = &chooser{}
		}
	case key.Matches(msg, k.Freeze):
		return m.freeze(), true
	case key.Matches(msg, k.Slower):
		return m.setInterval(m.interval * 2), true
	case key.Matches(msg, k.Faster):
		return m.setInterval(m.interval / 2), true
	case key.Matches(msg, k.CopyAddress):
		return m.copyAddress(), true
	case key.Matches(msg, k.CopyPID):
		return m.copyPID(), true
	case key.Matches(msg, k.Help):
		m.helping = true
		m.page.GotoTop()
	default:
		return nil, false
	}
	return nil, true
}

// freeze holds the screen still, or lets it go on at once.
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
	if m.polling || m.frozen {
		return said
	}
	return tea.Batch(said, m.wait())
}
