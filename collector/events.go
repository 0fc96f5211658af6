//go:build linux

package collector

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

// events tells what happened between two polls.
type events struct {
	hearings  hearings
	chronicle conn.Chronicle
	dropped   uint64 // as of the last poll

	mu     sync.Mutex // guards killed
	killed []conn.ID
}

// begin starts to hear of a namespace. Where that cannot be, the ends of
// connections are inferred.
func (e *events) begin(subscribe func() (subscription, error), ns conn.NetNS) {
	e.hearings.begin(subscribe, ns)
}

func (e *events) close() error { return e.hearings.close() }

// kill notes connections that katop has destroyed.
func (e *events) kill(ids []conn.ID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.killed = append(e.killed, ids...)
}

// tell adds to a snapshot, at the time now, what happened since the one before,
// and what of it is hidden. After the final one, nothing waits any more.
func (e *events) tell(s *conn.Snapshot, now time.Time, final bool) {
	e.mu.Lock()
	e.chronicle.Killed(e.killed...)
	e.killed = e.killed[:0]
	e.mu.Unlock()
	reports, dropped, silent := e.hearings.take(now)
	s.EventsDropped, e.dropped = dropped-e.dropped, dropped
	e.chronicle.Final = final
	s.Events = e.chronicle.Observe(s, reports)
	for len(silent) > 0 {
		why := silent[0].err.Error()
		alike := slices.DeleteFunc(slices.Clone(silent), func(other silence) bool { return other.err.Error() != why })
		s.Hidden = append(s.Hidden, silenced(alike, len(alike) == len(s.Namespaces)))
		silent = slices.DeleteFunc(silent, func(other silence) bool { return other.err.Error() == why })
	}
}

// silenced says what it means that the kernel does not tell what it destroys, for
// one reason, in all of the network namespaces that are read or in some of them.
func silenced(silent []silence, all bool) conn.Hidden {
	err := silent[0].err
	h := conn.Hidden{What: "causes of ended connections", Why: err.Error(), Need: "the next poll tries again"}
	if !all {
		h.What += " of network namespace " + cmp.Or(silent[0].netns.Name, strconv.FormatUint(silent[0].netns.Inode, 10))
		switch more := len(silent) - 1; more {
		case 0:
		case 1:
			h.What += " and 1 other"
		default:
			h.What += fmt.Sprintf(" and %d others", more)
		}
	}
	switch {
	case errors.Is(err, inetdiag.ErrNotPermitted):
		h.Why, h.Need = "the kernel's reports of destroyed sockets may not be heard", "run as root, or give katop CAP_NET_ADMIN"
	case errors.Is(err, inetdiag.ErrUnsupported):
		h.Why, h.Need = "this kernel does not report destroyed sockets", "use a kernel with CONFIG_INET_DIAG"
	}
	return h
}
