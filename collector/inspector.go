//go:build linux

package collector

import (
	"context"
	"time"

	"github.com/katop/katop/conn"
)

// inspector finds what the dumps do not tell of sockets: who holds them, and
// how their keepalive is set. Sockets of all network namespaces are told apart by
// their inode numbers. It walks over /proc/PID/fd and borrows the descriptors of
// others for a moment (pidfd_getfd(2)); where eBPF is at hand, a sweep finds the
// same at a tenth of the price.
type inspector struct {
	owners  *owners
	options options
	now     func() time.Time
}

func newInspector(s *system) *inspector {
	p := &inspector{owners: newOwners(s.proc), now: s.now}
	p.owners.load = s.sweep
	p.options = options{read: s.read, owners: p.owners}
	return p
}

// inspect sets Owners and Keepalive of the connections; records.present has the
// record of each. Complete says that the dumps had every socket, so that those
// that they lack are gone. It returns what is hidden of them.
func (p *inspector) inspect(ctx context.Context, conns []conn.Connection, records *records, want conn.Want, complete bool) (h hidden) {
	h.ownersErr = p.owners.fill(ctx, conns, records, want.AllOptions, complete, p.now)
	h.options = p.options.fill(ctx, conns, records, want)
	return h
}

func (p *inspector) close() error { return p.owners.close() }
