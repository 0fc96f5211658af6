//go:build linux

package collector

import (
	"cmp"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

// hearings are those of all network namespaces that are read.
type hearings struct {
	by      map[uint64]*hearing // by the inode of the namespace
	deaf    map[uint64]silence  // the namespaces that are not heard
	waiting atomic.Int64        // what all of them have heard, and no poll has taken
	left    []conn.Destroyed    // heard in the last moment of namespaces that are gone
	dropped uint64              // in those
}

// silence is why nothing is heard of a network namespace.
type silence struct {
	netns conn.NetNS
	err   error
}

func (h *hearings) begin(subscribe func() (subscription, error), ns conn.NetNS) {
	if h.by == nil {
		h.by, h.deaf = make(map[uint64]*hearing), make(map[uint64]silence)
	}
	s, err := subscribe()
	if err != nil {
		h.deaf[ns.Inode] = silence{ns, err}
		return
	}
	delete(h.deaf, ns.Inode)
	h.by[ns.Inode] = startHearing(s, ns, &h.waiting)
}

// again tells whether it is worth another try to hear of a namespace.
func (h *hearings) again(ns conn.NetNS) bool {
	silent, deaf := h.deaf[ns.Inode]
	return deaf && !errors.Is(silent.err, inetdiag.ErrNotPermitted) && !errors.Is(silent.err, inetdiag.ErrUnsupported)
}

// end stops to hear of a namespace. What was heard until now is kept for the
// next take, with times of the clock that shows now.
func (h *hearings) end(ns conn.NetNS, now time.Time) error {
	delete(h.deaf, ns.Inode)
	gone := h.by[ns.Inode]
	if gone == nil {
		return nil
	}
	delete(h.by, ns.Inode)
	err := gone.close()
	heard, dropped, _ := gone.take(now)
	h.left = append(h.left, heard...)
	h.dropped += dropped
	return err
}

// take is that of all of them.
func (h *hearings) take(now time.Time) (heard []conn.Destroyed, dropped uint64, silent []silence) {
	heard, h.left, dropped = h.left, nil, h.dropped
	for _, one := range h.by {
		reports, lost, err := one.take(now)
		heard = append(heard, reports...)
		dropped += lost
		if err != nil {
			silent = append(silent, silence{one.netns, err})
		}
	}
	for _, s := range h.deaf {
		silent = append(silent, s)
	}
	slices.SortFunc(silent, func(a, b silence) int { return cmp.Compare(a.netns.Inode, b.netns.Inode) })
	return heard, dropped, silent
}

func (h *hearings) close() (err error) {
	for _, one := range h.by {
		err = errors.Join(err, one.close())
	}
	return err
}
