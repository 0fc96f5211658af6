package ui

import (
	"context"
	"time"

	"github.com/katop/katop/conn"
)

// Controller acts on live connections. Each method returns a result for every
// connection it was given; progress is called as they come in, from another
// goroutine. When ctx ends, what was done stays done.
type Controller interface {
	// Apply changes keepalive settings.
	Apply(ctx context.Context, targets []conn.Connection, s conn.Setting, progress func(done, total int)) ([]conn.Result, error)
	// Probe asks the peers whether they live, without harm.
	Probe(ctx context.Context, targets []conn.Connection, timeout time.Duration, progress func(done, total int)) ([]conn.ProbeResult, error)
	// Kill ends connections, never a process.
	Kill(ctx context.Context, targets []conn.Connection, progress func(done, total int)) ([]conn.Result, error)
	// Undo takes back the changes of a command; of the last one when id is "".
	Undo(ctx context.Context, id string, progress func(done, total int)) ([]conn.Result, error)
	// Journal lists what was done, the oldest first.
	Journal() ([]conn.Action, error)
}

// reach says which connections an action is for.
type reach uint8

const (
	reachRow    reach = iota // the one under the cursor, or on the page
	reachMarked              // those that are marked
	reachShown               // all that the filter shows
)

// targets are the connections within a reach. All that are shown leaves out
// listeners and stubs: what is set on a listener comes to light on connections
// that do not exist yet, and nobody means that by "all".
func (m *Model) targets(r reach) []conn.Connection {
	switch r {
	case reachRow:
		if c := m.chosen(); c != nil {
			return []conn.Connection{*c}
		}
		return nil
	case reachMarked:
		var found []conn.Connection
		for _, id := range m.connections.Marked() {
			if c, gone := m.listing.find(id); c != nil && !gone {
				found = append(found, *c)
			}
		}
		return found
	}
	return m.shownTargets()
}

// shownTargets is all that is shown and can be acted on.
func (m *Model) shownTargets() []conn.Connection {
	var found []conn.Connection
	for i := range m.listing.rows {
		if c, gone := m.listing.row(i); !gone && !c.Minisock() && c.Inode != 0 && c.State != conn.StateListen {
			found = append(found, *c)
		}
	}
	return found
}

// firstReach is what an action is for unless the user says otherwise: the marks
// if there are any.
func (m *Model) firstReach() reach {
	if m.at().kind != atConnection && m.connections.Marks() > 0 {
		return reachMarked
	}
	return reachRow
}

// nextReach goes round those that have a connection in them.
func (m *Model) nextReach(r reach) reach {
	for range 3 {
		r = (r + 1) % 3
		if m.at().kind == atConnection && r != reachRow {
			continue
		}
		if len(m.targets(r)) > 0 {
			break
		}
	}
	return r
}
