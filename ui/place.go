package ui

import (
	"github.com/katop/katop/conn"
)

// placeKind is a kind of place that one can be at.
type placeKind uint8

const (
	atConnections placeKind = iota // the list of all connections
	atProcesses                    // the list of all processes
	atListeners                    // the list of what listens
	atTimeWait                     // what is in TIME-WAIT, by destination or by local port
	atEvents                       // what happened to connections
	atAdvice                       // what somebody should know of, and the ways out
	atProcess                      // one process and its connections
	atSome                         // the connections of a row of another list
	atConnection                   // everything about one connection
)

// place is where one is. Enter goes deeper, Esc goes back up the trail.
type place struct {
	kind  placeKind
	scope scope   // of atProcess and atSome
	id    conn.ID // of atConnection
	name  string  // for the breadcrumb; comes from outside

	courses *processCourses // of atProcess
}

func (p place) title() string {
	if p.kind < atProcess {
		return [...]string{"Connections", "Processes", "Listeners", "TIME-WAIT", "Events", "Advice"}[p.kind]
	}
	return conn.Printable(p.name)
}

// views are the places that a number leads to, 1 the first.
func views() []place {
	return []place{{kind: atConnections}, {kind: atProcesses}, {kind: atListeners}, {kind: atTimeWait}, {kind: atEvents}, {kind: atAdvice}}
}

// View is one of the views that a number key leads to.
type View int

// The views.
const (
	ViewConnections View = iota
	ViewProcesses
	ViewListeners
	ViewTimeWait
	ViewEvents
	ViewAdvice
)

// ViewNames lists the names of the views, in the order of their numbers.
func ViewNames() []string {
	return []string{"connections", "processes", "listeners", "time-wait", "events", "advice"}
}
