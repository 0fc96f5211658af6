//go:build linux

package collector

import (
	"errors"
	"time"

	"github.com/katop/katop/conn"
)

// hearings are those of all network namespaces that are read.
type hearings struct {
	by      map[uint64]*hearing // by the inode of the namespace
	deaf    map[uint64]error    // why a namespace is not heard
	left    []conn.Destroyed    // heard in the last moment of namespaces that are gone
	dropped uint64              // in those
}

func (h *hearings) begin(subscribe func() (subscription, error), ns conn.NetNS) {
	if h.by == nil {
		h.by, h.deaf = make(map[uint64]*hearing), make(map[uint64]error)
	}
	s, err := subscribe()
	if err != nil {
		h.deaf[ns.Inode] = err
		return
	}
	h.by[ns.Inode] = startHearing(s, ns)
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

// take is that of all of them. The error is one namespace's.
func (h *hearings) take(now time.Time) (heard []conn.Destroyed, dropped uint64, err error) {
	heard, h.left, dropped = h.left, nil, h.dropped
	for _, one := range h.by {
		reports, lost, silent := one.take(now)
		heard = append(heard, reports...)
		dropped += lost
		if silent != nil {
			err = silent
		}
	}
	for _, why := range h.deaf {
		err = why
	}
	return heard, dropped, err
}

func (h *hearings) close() (err error) {
	for _, one := range h.by {
		err = errors.Join(err, one.close())
	}
	return err
}
