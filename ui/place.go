package ui

import "github.com/katop/katop/conn"

// placeKind is a kind of place that one can be at.
type placeKind uint8

const (
	atConnections placeKind = iota // the list of all connections
	atProcesses                    // the list of all processes
	atProcess                      // one process and its connections
	atConnection                   // everything about one connection
)

// place is where one is. Enter goes deeper, Esc goes back up the trail.
type place struct {
	kind placeKind
	pid  int32   // of atProcess
	id   conn.ID // of atConnection
	name string  // for the breadcrumb; comes from outside
}

func (p place) title() string {
	switch p.kind {
	case atProcesses:
		return "Processes"
	case atProcess:
		return conn.Printable(p.name)
	case atConnection:
		return p.name
	}
	return "Connections"
}

// views are the places that a number leads to, 1 the first.
func views() []place { return []place{{kind: atConnections}, {kind: atProcesses}} }

// ParseView is the place that --view names.
func ParseView(name string) (View, bool) {
	for i, v := range ViewNames() {
		if v == name {
			return View(i), true
		}
	}
	return 0, false
}

// View is one of the views that a number key leads to.
type View int

// The views.
const (
	ViewConnections View = iota
	ViewProcesses
)

// ViewNames lists the names of the views, in the order of their numbers.
func ViewNames() []string { return []string{"connections", "processes"} }
