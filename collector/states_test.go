//go:build linux

package collector_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// Every state of TCP, field by field against what the owners of the sockets
// say of themselves.
func TestStates(t *testing.T) {
	needLab(t)
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, l)
	expected, err := l.States()
	if err != nil {
		t.Fatal(err)
	}
	snapshots := make(map[uint64]*conn.Snapshot)
	for _, n := range []*lab.Namespace{l.Near, l.Far()} {
		s := poll(t, n, conn.Want{AllOptions: true})
		if want := (conn.NetNS{Inode: n.Inode(), Name: n.Name()}); s.Namespaces[0].NetNS != want {
			t.Errorf("namespace %v, want %v", s.Namespaces[0].NetNS, want)
		}
		if len(s.Hidden) != 0 || s.OptionsPending != 0 {
			t.Errorf("hidden %v, pending %d; want root to see everything", s.Hidden, s.OptionsPending)
		}
		snapshots[n.Inode()] = s
	}
	for _, e := range expected {
		got := find(snapshots[e.NetNS], e)
		if got == nil {
			t.Errorf("%v: not in the snapshot", e)
			continue
		}
		if diff := cmp.Diff(claimOf(e), claimOfConnection(e, got)); diff != "" {
			t.Errorf("%v (-the owner says +got)\n%s", e, diff)
		}
	}
}

// claim is what an expectation says of a connection.
type claim struct {
	State, Timer string
	Inode        uint32
	Cookie       uint64
	PID          int
	FD           int
	Keepalive    conn.Keepalive
}

func claimOf(e lab.Expectation) claim {
	c := claim{State: e.State, Timer: e.Timer, Inode: e.Inode, Cookie: e.Cookie, PID: e.PID, FD: e.FD}
	if e.Keepalive != nil {
		c.Keepalive = conn.Keepalive{
			Source: conn.SourceRead, State: conn.KeepaliveOff, UserTimeout: e.Keepalive.UserTimeout,
			Params: conn.Params{Idle: e.Keepalive.Idle, Interval: e.Keepalive.Interval, Count: e.Keepalive.Count},
		}
		if e.Keepalive.On {
			c.Keepalive.State = conn.KeepaliveOn
		}
	}
	return c
}

func claimOfConnection(e lab.Expectation, s *conn.Connection) claim {
	c := claim{State: s.State.String(), Timer: s.Timer.Kind.String(), Inode: s.Inode, Cookie: s.Cookie, FD: -1}
	if owner, ok := s.Owner(); ok {
		c.PID, c.FD = int(owner.PID), int(owner.FD)
	}
	if e.Cookie == 0 {
		c.Cookie = 0 // nobody could ask for it
	}
	if e.Keepalive != nil {
		c.Keepalive = s.Keepalive
	} else if s.Keepalive.Source == conn.SourceRead {
		c.Keepalive = s.Keepalive // of a socket that nobody holds: wrong
	}
	return c
}

func find(s *conn.Snapshot, e lab.Expectation) *conn.Connection {
	for i := range s.Connections {
		c := &s.Connections[i]
		if c.Local == e.Local && c.Remote == e.Remote && c.State.String() == e.State {
			return c
		}
	}
	return nil
}
