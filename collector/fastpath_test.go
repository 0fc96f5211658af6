//go:build linux

package collector_test

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// TestFastPath reads every state of TCP by eBPF and by /proc: the snapshots are
// the same, field by field, but for what moves with the time.
func TestFastPath(t *testing.T) {
	needLab(t)
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, l)
	if _, err := l.States(); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*lab.Namespace{l.Near, l.Far()} {
		fast := settled(t, n, collector.Options{})
		if !fast.FastPath.Used {
			t.Skipf("needs eBPF: %s", fast.FastPath.Why)
		}
		slow := settled(t, n, collector.Options{NoBPF: true})
		if slow.FastPath.Used {
			t.Fatal("eBPF is used although it was forbidden")
		}
		if len(slow.Connections) == 0 || len(fast.Hidden) != 0 || len(slow.Hidden) != 0 {
			t.Errorf("%d connections, hidden from eBPF %v and from /proc %v", len(slow.Connections), fast.Hidden, slow.Hidden)
		}
		if diff := cmp.Diff(still(slow), still(fast), cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
			t.Errorf("%s (-/proc +eBPF)\n%s", n.Name(), diff)
		}
	}
}

// settled is the second snapshot of a namespace: the first that is taken by
// eBPF where there are few sockets.
func settled(t *testing.T, n *lab.Namespace, o collector.Options) *conn.Snapshot {
	t.Helper()
	var s *conn.Snapshot
	err := n.Do(func() error {
		c, err := collector.New(o)
		if err != nil {
			return err
		}
		_, first := c.Poll(t.Context(), conn.Want{AllOptions: true})
		s, err = c.Poll(t.Context(), conn.Want{AllOptions: true})
		return errors.Join(first, err, c.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// still is the connections without what moves with the time.
func still(s *conn.Snapshot) map[conn.ID]conn.Connection {
	found := make(map[conn.ID]conn.Connection)
	for _, c := range s.Connections {
		c.SeenFor, c.Timer.Expires, c.Timer.Retries = 0, 0, 0
		c.TCP = conn.TCP{Known: c.TCP.Known, BytesReceived: c.TCP.BytesReceived}
		found[c.ID()] = c
	}
	return found
}
