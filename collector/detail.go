//go:build linux

package collector

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
	"github.com/katop/katop/keepalive"
)

// ErrGone is the error of a connection that is not there any more.
var ErrGone = errors.New("the connection is gone")

// Detail reads everything about one connection of the last snapshot. The error
// is of kind ErrGone when it has ended.
func (c *Collector) Detail(ctx context.Context, id conn.ID) (conn.Detail, error) {
	known, at, found := c.lastSeen(id)
	if !found {
		return conn.Detail{}, ErrGone
	}
	s, err := c.lookUp(ctx, &known)
	if errors.Is(err, inetdiag.ErrNotFound) {
		return conn.Detail{}, fmt.Errorf("%w: %w", ErrGone, err)
	}
	if err != nil {
		return conn.Detail{}, err
	}
	d := detail(&s, known.NetNS)
	now := &d.Connection
	now.Owners, now.Unit, now.RemoteName, now.SeenOpen = known.Owners, known.Unit, known.RemoteName, known.SeenOpen
	now.SeenFor = known.SeenFor + c.system.now().Sub(at)
	now.User = known.User
	now.Keepalive = c.readOne(ctx, now)
	return d, ctx.Err()
}

// lastSeen finds a connection in the last snapshot, of the time at.
func (c *Collector) lastSeen(id conn.ID) (found conn.Connection, at time.Time, ok bool) {
	c.looking.RLock()
	defer c.looking.RUnlock()
	s := c.last.Load()
	if s == nil {
		return found, at, false
	}
	for i := range s.Connections {
		if s.Connections[i].ID() == id {
			return s.Connections[i], s.At, true
		}
	}
	return found, s.At, false
}

// lookUp asks the kernel through a connection of its own, so that a poll and a
// look-up may run side by side.
func (c *Collector) lookUp(ctx context.Context, known *conn.Connection) (inetdiag.Socket, error) {
	c.lookups.Lock()
	defer c.lookups.Unlock()
	lookup := c.lookup
	switch {
	case known.NetNS.Inode != c.namespaces.own.Inode:
		foreign, err := c.namespaces.dial(known.NetNS.Inode)
		if err != nil {
			return inetdiag.Socket{}, err
		}
		defer func() { _ = foreign.Close() }()
		lookup = foreign
	case lookup == nil:
		own, err := inetdiag.Dial(nil)
		if err != nil {
			return inetdiag.Socket{}, err
		}
		c.lookup, lookup = own, own
	}
	family := inetdiag.FamilyIPv4
	if known.Family == conn.IPv6 {
		family = inetdiag.FamilyIPv6
	}
	id := inetdiag.SocketID{Local: known.Local, Remote: known.Remote, Interface: known.Interface, Cookie: known.Cookie}
	return lookup.Lookup(ctx, family, id, inetdiag.ExtInfo|inetdiag.ExtCongestion|inetdiag.ExtMemory)
}

// readOne reads the options of one socket through the first owner that lets it.
func (c *Collector) readOne(ctx context.Context, s *conn.Connection) conn.Keepalive {
	result := conn.InferKeepalive(s.State, s.Timer)
	for _, owner := range s.Owners {
		read := false
		c.system.read(ctx, []keepalive.Target{target(s, owner)}, func(_ int, k conn.Keepalive, err error) {
			if read = err == nil; read {
				result = k
			}
		})
		if read {
			break
		}
	}
	return result
}

// detail translates what the kernel says of a socket when asked for everything.
func detail(s *inetdiag.Socket, ns conn.NetNS) conn.Detail {
	d := conn.Detail{
		Connection: connection(s, ns),
		Congestion: s.Congestion, Shutdown: s.Shutdown, Mark: s.Mark,
	}
	if s.Has(inetdiag.AttrMemory) {
		m := &s.Memory
		d.Memory = conn.SocketMemory{
			RecvAlloc: m.RecvAlloc, RecvBuffer: m.RecvBuffer, SendAlloc: m.SendAlloc, SendBuffer: m.SendBuffer,
			ForwardAlloc: m.ForwardAlloc, SendQueued: m.SendQueued, Optional: m.Optional,
			Backlog: m.Backlog, Drops: m.Drops, Known: true,
		}
	}
	if s.Has(inetdiag.AttrInfo) {
		i := &s.Info
		d.SendMSS, d.RecvMSS, d.PathMTU = i.SendMSS, i.RecvMSS, i.PathMTU
		d.SendCwnd, d.SSThresh = i.SendCwnd, i.SendSSThresh
		d.RTTVariance, d.MinRTT = i.RTTVariance, i.MinRTT
		d.DeliverRate, d.PacingRate, d.ReorderSeen = i.DeliveryRate, i.PacingRate, i.ReorderSeen
	}
	return d
}
