package ui

import (
	"cmp"
	"slices"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

// maxEvents bounds the events that are remembered, and the deaths among them.
const maxEvents = 4096

// eventLog is what happened since the start, as far back as it is bounded. What
// died is remembered apart: thousands of ordinary ends do not push it out.
type eventLog struct {
	all, died *conn.EventRing
	// Of those that died, since the start: deaths are what a timeout gave up.
	deaths, resets, kills int
	lost                  uint64 // reports of the kernel that were dropped since the start
}

func newEventLog() eventLog {
	return eventLog{all: conn.NewEventRing(maxEvents), died: conn.NewEventRing(maxEvents)}
}

// take adds the events of a snapshot.
func (l *eventLog) take(s *conn.Snapshot) {
	l.all.Add(s.Events...)
	for i := range s.Events {
		e := &s.Events[i]
		if e.Kind != conn.EventDied {
			continue
		}
		l.died.Add(*e)
		switch {
		case timedOut(e):
			l.deaths++
		case e.Cause == conn.CauseReset:
			l.resets++
		case e.Cause == conn.CauseKilled:
			l.kills++
		}
	}
	l.lost += s.EventsDropped
}

// timedOut tells whether the connection was given up because its peer did not
// answer: a death, as the screen counts them.
func timedOut(e *conn.Event) bool {
	switch e.Cause {
	case conn.CauseKeepaliveTimeout, conn.CauseRetransmitTimeout, conn.CauseUserTimeout:
		return e.Kind == conn.EventDied
	}
	return false
}

// ring is that of all events, or that of what died.
func (l *eventLog) ring(diedOnly bool) *conn.EventRing {
	if diedOnly {
		return l.died
	}
	return l.all
}

// endOf is the end of a connection, nil if it is not remembered.
func (l *eventLog) endOf(id conn.ID) *conn.Event {
	events := l.all.Events(nil)
	for i := len(events) - 1; i >= 0; i-- {
		if e := &events[i]; e.Kind != conn.EventOpened && e.Connection.ID() == id {
			end := *e
			return &end
		}
	}
	return nil
}

// eventID tells the events apart.
type eventID struct {
	id   conn.ID
	kind conn.EventKind
	at   int64 // in nanoseconds
}

func idOfEvent(e *conn.Event) eventID { return eventID{e.Connection.ID(), e.Kind, e.At.UnixNano()} }

type eventList = list[conn.Event, eventID]

func newEventList(t *theme.Theme) *eventList {
	return newList(t, eventColumns(t), idOfEvent, "time", true, "nothing has happened since katop was started")
}

func eventColumns(t *theme.Theme) []listColumn[conn.Event] {
	return []listColumn[conn.Event]{
		severityColumn(eventRole),
		{
			table.Column{Key: "time", Title: "TIME", Min: 8, Ideal: 8},
			func(e *conn.Event) (string, theme.Role) { return e.At.Format("15:04:05"), theme.Muted },
			func(a, b *conn.Event) int { return a.At.Compare(b.At) },
			nil,
		},
		{
			table.Column{Key: "cause", Title: "CAUSE", Min: 19, Ideal: 19},
			func(e *conn.Event) (string, theme.Role) { return causeText(t, e), eventRole(e) },
			func(a, b *conn.Event) int {
				return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Cause, b.Cause))
			},
			nil,
		},
		{
			table.Column{Key: "source", Title: "KNOWN", Min: 8, Ideal: 8, Priority: 5},
			func(e *conn.Event) (string, theme.Role) { return sourceText(e), theme.Muted },
			func(a, b *conn.Event) int { return cmp.Compare(a.Source, b.Source) },
			nil,
		},
		{
			table.Column{Key: "process", Title: "PROCESS", Min: 10, Ideal: 16, Max: 26, Priority: 1, KeepAfter: '/'},
			func(e *conn.Event) (string, theme.Role) { return processCell(nil, &e.Connection) },
			func(a, b *conn.Event) int { return cmp.Compare(firstOwner(&a.Connection), firstOwner(&b.Connection)) },
			nil,
		},
		{
			table.Column{Key: "local", Title: "LOCAL", Min: 12, Ideal: 21, Whole: true, Priority: 4},
			func(e *conn.Event) (string, theme.Role) { return endpoint(e.Connection.Local), theme.Muted },
			func(a, b *conn.Event) int { return a.Connection.Local.Compare(b.Connection.Local) },
			nil,
		},
		{
			table.Column{Key: "peer", Title: "PEER", Min: 12, Ideal: 21, Whole: true, Priority: 2},
			func(e *conn.Event) (string, theme.Role) { return endpoint(e.Connection.Remote), theme.Text },
			func(a, b *conn.Event) int { return a.Connection.Remote.Compare(b.Connection.Remote) },
			nil,
		},
		{
			table.Column{Key: "evidence", Title: "EVIDENCE", Min: 28, Ideal: 24, Priority: 3, Flex: 1},
			func(e *conn.Event) (string, theme.Role) { return e.Evidence, theme.Muted },
			nil, nil,
		},
	}
}

// causeText is why a connection ended; what was concluded has the sign of that.
func causeText(t *theme.Theme, e *conn.Event) string {
	switch {
	case e.Kind == conn.EventOpened:
		return e.Kind.String()
	case e.Source == conn.SourceInferred && e.Cause != conn.CauseUnknown:
		return t.Symbols.Inferred + e.Cause.String()
	}
	return e.Cause.String()
}

// sourceText is how the cause is known, if there is one.
func sourceText(e *conn.Event) string {
	if e.Kind == conn.EventOpened || e.Cause == conn.CauseUnknown {
		return absent
	}
	return e.Source.String()
}

func eventRole(e *conn.Event) theme.Role {
	switch {
	case e.Kind != conn.EventDied:
		return theme.OK
	case e.Cause == conn.CauseReset:
		return theme.Warning
	case e.Cause == conn.CauseKilled:
		return theme.Notice
	}
	return theme.Critical
}

// listEvents lists those that the filter matches.
func listEvents(q *question) ordered[conn.Event] {
	shown := slices.DeleteFunc(q.happened, func(e conn.Event) bool { return !q.ofEvents.MatchEvent(&e) })
	return q.events.arrange(shown)
}
