//go:build linux

package collector

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/lab"
)

// faultyDumper fails when it is told to.
type faultyDumper struct {
	dumper
	fails *atomic.Bool
}

func (d faultyDumper) Dump(ctx context.Context, r inetdiag.Request, each func(*inetdiag.Socket) error) error {
	if d.fails.Load() {
		return errors.New("dump: no buffer space available")
	}
	return d.dumper.Dump(ctx, r, each)
}

// A namespace that cannot be read for a while is said to be hidden. Its
// connections have not ended for that, nor opened when they are seen again.
func TestNamespaceFailsForAWhile(t *testing.T) {
	if err := lab.Supported(); err != nil {
		t.Skip(err)
	}
	n, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	err = n.Do(func() error {
		l, err := net.Listen("tcp4", "127.0.0.1:8080")
		if err != nil {
			return err
		}
		t.Cleanup(func() { _ = l.Close() })
		c, err := net.Dial("tcp4", "127.0.0.1:8080")
		if err == nil {
			t.Cleanup(func() { _ = c.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	var fails atomic.Bool
	c, err := newCollector(system{
		proc: "/proc", hosts: "/etc/hosts", named: nameFolders(), netns: AllNetNS, now: time.Now, read: keepalive.Read,
		dial: func(netns int) (dumper, error) {
			d, err := inetdiag.Dial(&inetdiag.Config{NetNS: netns})
			var st unix.Stat_t
			if err == nil && netns != ofThread && unix.Fstat(netns, &st) == nil && st.Ino == n.Inode() {
				return faultyDumper{d, &fails}, nil
			}
			return d, err
		},
		subscribe: func(netns int) (subscription, error) { return inetdiag.Subscribe(&inetdiag.Config{NetNS: netns}) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for poll, failing := range []bool{false, true, true, false, false} {
		fails.Store(failing)
		s, err := c.Poll(t.Context(), conn.Want{})
		if err != nil {
			t.Fatal(err)
		}
		there := 0
		for i := range s.Connections {
			if s.Connections[i].NetNS.Inode == n.Inode() {
				there++
			}
		}
		if want := map[bool]int{false: 3, true: 0}[failing]; there != want {
			t.Errorf("poll %d: %d connections, want %d", poll, there, want)
		}
		said := slices.ContainsFunc(s.Hidden, func(h conn.Hidden) bool {
			return strings.Contains(h.String(), n.Name()) && strings.Contains(h.String(), "no buffer space")
		})
		if said != failing || failing && (s.Whole() || s.AllNamespaces) {
			t.Errorf("poll %d: failing %v, hidden %v, whole %v, all namespaces %v", poll, failing, s.Hidden, s.Whole(), s.AllNamespaces)
		}
		for i := range s.Events {
			if e := &s.Events[i]; e.Connection.NetNS.Inode == n.Inode() {
				t.Errorf("poll %d: event %v of %v, want none", poll, e.Kind, e.Connection.Local)
			}
		}
	}
}
