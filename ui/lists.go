package ui

import (
	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// lists are the views that list something else than connections.
type lists struct {
	processes    *processList
	listeners    *listenerList
	destinations *destinationList
	services     *serviceList
	events       *eventList
	findings     *findingList

	waits    conn.TimeWaits // what the last listing of TIME-WAIT is about
	byPort   bool           // of TIME-WAIT, the services are shown
	diedOnly bool           // of the events
}

func newLists(t *theme.Theme, th *conn.Thresholds) lists {
	return lists{
		processes: newProcessList(t), listeners: newListenerList(t), destinations: newDestinationList(t, th),
		services: newServiceList(t), events: newEventList(t), findings: newFindingList(t),
	}
}

// at is the list of a place, nil where there is none but of connections.
func (l *lists) at(kind placeKind) anyList {
	switch kind {
	case atProcesses:
		return l.processes
	case atListeners:
		return l.listeners
	case atTimeWait:
		if l.byPort {
			return l.services
		}
		return l.destinations
	case atEvents:
		return l.events
	case atAdvice:
		return l.findings
	}
	return nil
}

// orders is how they are sorted.
func (l *lists) orders() listOrders {
	return listOrders{
		processes: l.processes.order, listeners: l.listeners.order, destinations: l.destinations.order,
		services: l.services.order, events: l.events.order, findings: l.findings.order,
	}
}

// showListing hands the rows to the list that the listing is for; the others
// keep theirs, and so their cursors. Until the user has moved, it is the first
// row.
func (l *lists) showListing(from *Listing, home bool) {
	switch from.question.at {
	case atListeners:
		l.listeners.show(from.listeners)
	case atTimeWait:
		l.waits = from.waits
		l.destinations.show(from.destinations)
		l.services.show(from.services)
	case atEvents:
		l.events.show(from.events)
	case atAdvice:
		l.findings.show(from.findings)
	case atProcesses:
		l.processes.show(ordered[conn.Group]{items: from.groups})
	}
	list := l.at(from.question.at)
	if list == nil {
		return
	}
	list.SetEmpty(list.none())
	if !from.question.filter.Empty() || !from.question.ofEvents.Empty() {
		list.SetEmpty(noMatch)
	}
	if home {
		list.Home()
	}
}

// noMatch stands in place of the rows that a filter hides.
const noMatch = "nothing matches the filter"
