package ui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"

	"github.com/katop/katop/conn"
)

// stage is whom the keys go to: a view, a page, or what is in front of it.
type stage uint8

const (
	onConnections stage = iota // all of them, those of a process, or those of another row
	onProcesses
	onListeners
	onTimeWait
	onEvents
	onAdvice
	onConnection
	onEnded // the page of a connection that is no more
	onHelp
	onJournal
	onColumns
	onFilter
	onForm
	onQuestion
	onUndoQuestion
	onRunning
	onReport
)

// stage is the present one.
func (m *Model) stage() stage {
	switch {
	case m.filter.open:
		return onFilter
	case m.chooser != nil:
		return onColumns
	case m.action != nil:
		return m.action.stage()
	case m.journal != nil:
		return onJournal
	case m.helping:
		return onHelp
	case m.at().kind == atConnection && !m.subject.gone.IsZero():
		return onEnded
	}
	return stageOf(m.at().kind)
}

func stageOf(kind placeKind) stage {
	switch kind {
	case atProcesses:
		return onProcesses
	case atListeners:
		return onListeners
	case atTimeWait:
		return onTimeWait
	case atEvents:
		return onEvents
	case atAdvice:
		return onAdvice
	case atConnection:
		return onConnection
	}
	return onConnections
}

func (a *action) stage() stage {
	switch {
	case a.phase == phaseForm:
		return onForm
	case a.phase == phaseRunning:
		return onRunning
	case a.phase == phaseDone:
		return onReport
	case a.kind == conn.ActionUndo:
		return onUndoQuestion
	}
	return onQuestion
}

// on is the keys that do something on a stage, in its words; those that one needs
// first stand first, as the foot is cut where the terminal ends.
func (k *KeyMap) on(s stage) []key.Binding {
	first, sort := []key.Binding{k.Help, k.Filter}, []key.Binding{k.SortRight, k.SortLeft, k.Reverse}
	act := []key.Binding{k.Keepalive, k.Probe, k.Kill}
	later := slices.Concat([]key.Binding{k.Freeze, k.Slower, k.Faster, k.Undo, k.Journal}, k.moves(), k.views())
	switch s {
	case onConnections:
		return slices.Concat(first, []key.Binding{k.Open, k.Back, k.Keepalive, k.Probe, k.Quit, k.SortRight, k.Reverse, k.Mark, k.Kill, k.Columns},
			[]key.Binding{worded(k.CopyAddress, "copy address"), k.CopyPID, k.MarkAll, k.Unmark, k.SortLeft}, later)
	case onProcesses:
		return slices.Concat(first, []key.Binding{worded(k.Open, "its connections"), k.Back, k.Quit}, sort, []key.Binding{k.CopyPID}, later)
	case onListeners:
		return slices.Concat(first, []key.Binding{worded(k.Open, "its connections"), k.Back, k.Quit}, sort,
			[]key.Binding{worded(k.CopyAddress, "copy address"), k.CopyPID}, later)
	case onTimeWait:
		return slices.Concat(first, []key.Binding{worded(k.Switch, "other half"), worded(k.Open, "its connections"), k.Back, k.Quit}, sort, later)
	case onEvents:
		return slices.Concat(first, []key.Binding{worded(k.Switch, "other half"), worded(k.Open, "its connection"), k.Back, k.Quit}, sort,
			[]key.Binding{worded(k.CopyAddress, "copy address"), k.CopyPID}, later)
	case onAdvice:
		return slices.Concat(first, []key.Binding{worded(k.Open, "its connections"), worded(k.Switch, "next remedy"), worded(k.CopyAddress, "copy it"), k.Back, k.Quit}, sort, later)
	case onConnection, onEnded:
		if s == onEnded {
			act = nil
		}
		return slices.Concat([]key.Binding{k.Help, k.Back}, act, []key.Binding{k.Quit, worded(k.CopyAddress, "copy address"), k.CopyPID}, later)
	case onHelp:
		return append([]key.Binding{worded(k.Dismiss, "close"), worded(k.Help, "close")}, k.moves()...)
	}
	return k.inFront(s)
}

// inFront is the keys of dialogs and lines to type on.
func (k *KeyMap) inFront(s stage) []key.Binding {
	choose := []key.Binding{k.Up, k.Down}
	scroll := []key.Binding{k.Up, k.Down, k.PageUp, k.PageDown, k.HalfUp, k.HalfDown, k.Home}
	switch s {
	case onJournal:
		return append([]key.Binding{worded(k.Undo, "undo the command"), worded(k.Open, "undo the command"), worded(k.Dismiss, "close"), worded(k.Journal, "close")},
			append(choose, k.Home, k.End)...)
	case onColumns:
		return append([]key.Binding{worded(k.Pick, "show or hide"), worded(k.Accept, "show or hide"), worded(k.Dismiss, "close"), worded(k.Columns, "close")},
			append(choose, k.Home, k.End)...)
	case onFilter:
		return []key.Binding{worded(k.Accept, "keep"), worded(k.Cancel, "take back")}
	case onForm:
		return append([]key.Binding{k.Accept, k.Pick, k.Whom, k.Cancel, worded(k.Quit, "cancel")}, choose...)
	case onQuestion:
		return append([]key.Binding{k.Yes, k.No, k.Whom}, scroll...)
	case onUndoQuestion:
		return append([]key.Binding{k.Yes, k.No}, scroll...)
	case onRunning:
		return []key.Binding{k.Stop}
	case onReport:
		return append([]key.Binding{k.Dismiss}, scroll...)
	}
	return nil
}

func (k *KeyMap) moves() []key.Binding {
	return []key.Binding{k.Up, k.Down, k.PageUp, k.PageDown, k.HalfUp, k.HalfDown, k.Home, k.End}
}

// worded is a binding with other words for what it does.
func worded(b key.Binding, does string) key.Binding {
	b.SetHelp(b.Help().Key, does)
	return b
}
