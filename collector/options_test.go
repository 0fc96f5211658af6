//go:build linux

package collector

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
	"github.com/katop/katop/keepalive"
)

// web is a host with one process that holds the given sockets.
func web(t testing.TB, sockets ...inetdiag.Socket) *fakeHost {
	h := newFakeHost(t)
	fds := make(map[int]uint32)
	for _, s := range sockets {
		fds[int(s.Inode)] = s.Inode
	}
	h.process(20, "web", fds)
	h.shows(sockets...)
	return h
}

func webTarget(inode uint32) keepalive.Target {
	return keepalive.Target{Cookie: uint64(inode), Inode: inode, PID: 20, FD: int32(inode)}
}

func TestOptionsReadOnce(t *testing.T) {
	t.Parallel()
	h := web(t, established(100, inetdiag.TimerKeepalive), established(101, 0))
	h.options[webTarget(100)] = readOn
	c := h.collector()
	for range 3 {
		s := h.poll(c, conn.Want{})
		if diff := cmp.Diff([]conn.Keepalive{readOn, readOff}, []conn.Keepalive{s.Connections[0].Keepalive, s.Connections[1].Keepalive}); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	}
	// The first poll reads both, and then they are read again in turn.
	if len(h.reads) != 6 {
		t.Errorf("%d reads, want 6", len(h.reads))
	}
}

func TestOptionsBudget(t *testing.T) {
	t.Parallel()
	const n = firstReads + 10
	sockets := make([]inetdiag.Socket, n)
	for i := range sockets {
		sockets[i] = established(uint32(100+i), 0)
	}
	h := web(t, sockets...)
	c := h.collector()
	asked := conn.ID{NetNS: c.namespaces.own.Inode, Cookie: 100 + n - 1}
	s := h.poll(c, conn.Want{Options: []conn.ID{asked}})
	if got := s.Connections[n-1].Keepalive; got != readOff {
		t.Errorf("the one asked for is %v, want it read", got)
	}
	if s.OptionsPending != n-firstReads-1 || len(h.reads) != firstReads+1 {
		t.Errorf("%d pending after %d reads, want %d after %d", s.OptionsPending, len(h.reads), n-firstReads-1, firstReads+1)
	}
	if s := h.poll(c, conn.Want{}); s.OptionsPending != 0 {
		t.Errorf("%d pending after the second poll, want none", s.OptionsPending)
	}

	again := web(t, sockets...)
	if s := again.poll(again.collector(), conn.Want{AllOptions: true}); s.OptionsPending != 0 || len(again.reads) != n {
		t.Errorf("with AllOptions %d pending after %d reads, want none after %d", s.OptionsPending, len(again.reads), n)
	}
}

// What was read long ago is read again when the timer tells otherwise.
func TestOptionsContradicted(t *testing.T) {
	t.Parallel()
	h := web(t, established(100, 0))
	c := h.collector()
	h.poll(c, conn.Want{})
	h.options[webTarget(100)] = readOn
	h.shows(established(100, inetdiag.TimerKeepalive))
	if s := h.poll(c, conn.Want{}); s.Connections[0].Keepalive != readOn {
		t.Errorf("keepalive %v, want what is read now", s.Connections[0].Keepalive)
	}
	// If it cannot be read again, the timer is trusted.
	delete(h.options, webTarget(100))
	h.refuse[webTarget(100)] = keepalive.ErrGone
	h.shows(established(100, 0))
	want := conn.Keepalive{State: conn.KeepaliveOff, Source: conn.SourceInferred}
	s := h.poll(c, conn.Want{})
	if s.Connections[0].Keepalive != want {
		t.Errorf("keepalive %v, want %v", s.Connections[0].Keepalive, want)
	}
}

// A descriptor that is another socket by now is no owner, in the same snapshot.
func TestOptionsGone(t *testing.T) {
	t.Parallel()
	h := web(t, established(100, 0))
	h.process(30, "b", map[int]uint32{5: 100})
	h.refuse[webTarget(100)] = keepalive.ErrGone
	c := h.collector()
	s := h.poll(c, conn.Want{})
	wantOwners(t, s, map[uint32][]conn.Owner{100: {{PID: 30, FD: 5, Name: "b"}}})
	if s.Connections[0].Keepalive != readOff {
		t.Errorf("keepalive %v, want it read through the other owner", s.Connections[0].Keepalive)
	}
	if len(s.Hidden) != 0 {
		t.Errorf("hidden %v, want nothing", s.Hidden)
	}
}

func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	h := web(t, established(100, inetdiag.TimerKeepalive), established(101, inetdiag.TimerRetransmit))
	h.refuse[webTarget(100)] = keepalive.ErrRefused
	h.refuse[webTarget(101)] = keepalive.ErrRefused
	s := h.poll(h.collector(), conn.Want{})
	want := []conn.Keepalive{{State: conn.KeepaliveOn, Source: conn.SourceInferred}, {}}
	if diff := cmp.Diff(want, []conn.Keepalive{s.Connections[0].Keepalive, s.Connections[1].Keepalive}); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	wantHidden(t, s, "keepalive options of 2 connections hidden: the sockets of their processes may not be read (ptrace access); run as root, or give katop CAP_SYS_PTRACE")
}

// A stub of a socket has no options, whatever was read when it was whole.
func TestOptionsOfMinisock(t *testing.T) {
	t.Parallel()
	h := web(t, established(100, 0))
	c := h.collector()
	h.poll(c, conn.Want{})
	stub := established(100, inetdiag.TimerTimeWait)
	stub.State, stub.Inode = inetdiag.StateTimeWait, 0
	h.shows(stub)
	s := h.poll(c, conn.Want{AllOptions: true})
	if got := s.Connections[0]; got.Keepalive != (conn.Keepalive{}) || got.User != "" || got.Owners != nil {
		t.Errorf("keepalive %v, user %q, owners %v; want all of them unknown", got.Keepalive, got.User, got.Owners)
	}
}
