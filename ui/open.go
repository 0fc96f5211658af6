package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// open goes down from the row under the cursor.
func (m *Model) open() tea.Cmd {
	if m.listing == nil {
		return nil
	}
	var next place
	var ok bool
	switch m.at().kind {
	case atProcesses:
		g, any := m.processes.chosen()
		if any && g.Key.PID == 0 {
			return m.say(theme.Notice, "no process holds these, or none that may be seen; 1 lists them all")
		}
		if any {
			next, ok = place{kind: atProcess, scope: scope{kind: scopeProcess, pid: g.Key.PID}, name: g.Title, courses: newProcessCourses()}, true
		}
	case atEvents:
		next, ok = m.openEvent()
	case atConnections, atProcess, atSome:
		next, ok = m.openConnection()
	case atAdvice:
		if f, any := m.findings.chosen(); any && len(f.Members) == 0 {
			return m.say(theme.Notice, "no connection is behind this")
		}
		next, ok = m.openSome()
	default:
		next, ok = m.openSome()
	}
	if !ok {
		return nil
	}
	m.trail = append(m.trail, next)
	return m.arrive()
}

// openConnection goes to the page of the connection under the cursor.
func (m *Model) openConnection() (place, bool) {
	c := m.chosen()
	if c == nil {
		return place{}, false
	}
	m.subject = newSubject(c, m.listing.intake.snapshot.At)
	return place{kind: atConnection, id: c.ID(), name: endpoints(c)}, true
}

// openEvent goes to the page of the connection that the event under the cursor
// is about, as it was last known.
func (m *Model) openEvent() (place, bool) {
	e, ok := m.events.chosen()
	if !ok {
		return place{}, false
	}
	in := m.listing.intake.snapshot
	s := newSubject(&e.Connection, e.At)
	switch found := m.listing.find(e.Connection.ID()); {
	case e.Kind != conn.EventOpened:
		s.gone, s.ended = e.At, e
	case found.c != nil && !found.gone:
		s = newSubject(found.c, in.At)
	default:
		s.gone, s.ended = in.At, m.log.endOf(e.Connection.ID())
	}
	m.subject = s
	return place{kind: atConnection, id: s.c.ID(), name: endpoints(&s.c)}, true
}

// openSome goes to the connections behind the row under the cursor.
func (m *Model) openSome() (place, bool) {
	next := place{kind: atSome}
	switch kind := m.at().kind; {
	case kind == atListeners:
		if l, ok := m.listeners.chosen(); ok {
			at, _ := m.listing.intake.listening().Of(&l.socket)
			next.scope, next.name = scope{kind: scopeListener, listener: at}, endpoint(l.socket.Local)
		}
	case kind == atTimeWait && m.byPort:
		if s, ok := m.services.chosen(); ok {
			next.scope, next.name = scope{kind: scopeService, service: s.port()}, "TIME-WAIT at "+portText(s.Port)
		}
	case kind == atTimeWait:
		if p, ok := m.destinations.chosen(); ok {
			next.scope = scope{kind: scopeDestination, destination: p.Destination}
			next.name = "to " + endpoint(p.Destination.Remote)
		}
	case kind == atAdvice:
		if f, ok := m.findings.chosen(); ok {
			next.scope, next.name = scope{kind: scopeFinding, finding: idOfFinding(f)}, f.Title
		}
	}
	return next, next.scope.kind != scopeAll
}

// endpoints is how a connection is called in the breadcrumb.
func endpoints(c *conn.Connection) string {
	if c.State == conn.StateListen {
		return c.Local.String()
	}
	return c.Local.String() + " → " + c.Remote.String()
}

// switchOver changes between the two halves of a view, or to the next remedy.
func (m *Model) switchOver() tea.Cmd {
	switch m.at().kind {
	case atTimeWait:
		m.byPort = !m.byPort
	case atEvents:
		m.diedOnly = !m.diedOnly
		return m.rearrange()
	case atAdvice:
		m.nextRemedy()
	}
	return nil
}
