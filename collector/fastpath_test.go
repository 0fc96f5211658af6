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
		for _, scope := range []string{"own", "all"} {
			fast := polled(t, n, collector.Options{NetNS: scope})
			if !fast[0].FastPath.Used {
				t.Skipf("needs eBPF: %s", fast[0].FastPath.Why)
			}
			slow := polled(t, n, collector.Options{NetNS: scope, NoBPF: true})
			for i := range fast {
				if slow[i].FastPath.Used {
					t.Fatal("eBPF is used although it was forbidden")
				}
				if scope == "own" && (len(slow[i].Connections) == 0 || len(fast[i].Hidden) != 0 || len(slow[i].Hidden) != 0) {
					t.Errorf("%d connections, hidden from eBPF %v and from /proc %v", len(slow[i].Connections), fast[i].Hidden, slow[i].Hidden)
				}
				// In "all", other tests open and close theirs.
				if diff := cmp.Diff(still(slow[i], n.Inode()), still(fast[i], n.Inode()), cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
					t.Errorf("%s, %s, poll %d (-/proc +eBPF)\n%s", n.Name(), scope, i+1, diff)
				}
			}
		}
	}
}

// polled is the first two snapshots of a namespace. That of eBPF sweeps from the
// first one on, beside the dump.
func polled(t *testing.T, n *lab.Namespace, o collector.Options) (snapshots [2]*conn.Snapshot) {
	t.Helper()
	err := n.Do(func() error {
		c, err := collector.New(o)
		if err != nil {
			return err
		}
		c.SweepAtOnce()
		var failed error
		for i := range snapshots {
			s, err := c.Poll(t.Context(), conn.Want{AllOptions: true})
			snapshots[i], failed = s, errors.Join(failed, err)
		}
		return errors.Join(failed, c.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	return snapshots
}

// still is the connections of a network namespace without what moves with the
// time.
func still(s *conn.Snapshot, netns uint64) map[conn.ID]conn.Connection {
	found := make(map[conn.ID]conn.Connection)
	for _, c := range s.Connections {
		if c.NetNS.Inode != netns {
			continue
		}
		c.SeenFor, c.Timer.Expires, c.Timer.Retries = 0, 0, 0
		c.TCP = conn.TCP{Known: c.TCP.Known, BytesReceived: c.TCP.BytesReceived}
		found[c.ID()] = c
	}
	return found
}
