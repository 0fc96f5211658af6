//go:build linux

package collector

import (
	"sync"
	"time"

	"github.com/katop/katop/conn"
)

// memory is what only the polls before can tell of a snapshot.
type memory struct {
	history conn.History
	mirrors conn.MirrorChecker
	events  events

	checked sync.Mutex // guards checks
	checks  conn.Checks
}

// add completes a snapshot before it is handed out. What the kernel reports is
// taken last, so that a report of what the dump lacks has the time of the poll
// to come in. The history looks at no field that the others set, nor they at one
// of its own.
func (m *memory) add(s *conn.Snapshot, where conn.Locality, now func() time.Time, final bool) {
	var observing sync.WaitGroup
	observing.Go(func() { m.history.Observe(s) })
	conn.MarkFullQueues(s)
	m.checked.Lock()
	m.checks.Apply(s)
	m.checked.Unlock()
	m.mirrors.Check(s, where)
	observing.Wait()
	m.events.tell(s, now(), final)
}
