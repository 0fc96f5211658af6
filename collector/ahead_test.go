//go:build linux

package collector

import (
	"testing"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
	"github.com/katop/katop/keepalive/bpf"
)

// The sweep beside the first dump may meet sockets that have no cookie yet: they
// are known by their inode, and need not be read from descriptors.
func TestSweepBeforeTheCookie(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	f := &fakeSweeper{}
	c := h.collector()
	ownersOf(c).load, ownersOf(c).sweepFrom = func() (sweeper, error) { return f, nil }, 0
	var sockets []inetdiag.Socket
	for i := range uint32(10) {
		sockets = append(sockets, established(100+i, inetdiag.TimerKeepalive))
		f.sockets = append(f.sockets, bpf.Socket{
			Inode: 100 + i, PID: 20, FD: int32(i), Name: "web", Keepalive: readGeneral, NetNS: c.namespaces.readers[0].netns.Inode,
		})
	}
	f.sockets[1].NetNS++                                                                       // another namespace's
	f.sockets[2].Cookie = uint64(100 + 2)                                                      // somebody has asked for it
	f.sockets[3].Keepalive = conn.Keepalive{State: conn.KeepaliveOff, Source: conn.SourceRead} // the dump says otherwise
	h.shows(sockets...)
	s := h.poll(c, conn.Want{AllOptions: true})
	for i := range s.Connections {
		got := &s.Connections[i]
		want := 1
		if i == 1 {
			want = 0
		}
		if len(got.Owners) != want || (want == 1 && i != 3 && got.Keepalive != readGeneral) {
			t.Fatalf("socket %d: owners %v, keepalive %+v", i, got.Owners, got.Keepalive)
		}
	}
	if len(h.reads) != 1 || h.reads[0].Inode != 103 {
		t.Errorf("read from descriptors: %d of %d, want the one that the dump contradicts", len(h.reads), len(sockets))
	}
}

// Who has exited between the sweep ahead and the listing of processes is no
// owner, whatever the sweep had found.
func TestSweepAheadOfAnExit(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	f := &fakeSweeper{}
	c := h.collector()
	ownersOf(c).load, ownersOf(c).sweepFrom = func() (sweeper, error) { return f, nil }, 0
	h.process(20, "web", map[int]uint32{3: 100})
	f.sockets = []bpf.Socket{
		{Inode: 100, Cookie: 100, PID: 20, FD: 3, Name: "web", Keepalive: readGeneral},
		{Inode: 100, Cookie: 100, PID: 21, FD: 3, Name: "web", Keepalive: readGeneral},
		{Inode: 100, Cookie: 100, PID: 22, FD: 3, Name: "hidden", Keepalive: readGeneral}, // /proc does not show it (hidepid)
	}
	h.process(21, "web", map[int]uint32{3: 100})
	h.shows(established(100, inetdiag.TimerKeepalive))
	if s := h.poll(c, conn.Want{AllOptions: true}); len(s.Connections[0].Owners) != 3 {
		t.Fatalf("owners %v, want three", s.Connections[0].Owners)
	}
	h.exit(21)
	f.spend = func() { h.clock = h.clock.Add(time.Second) } // so dear that it is not done once more
	s := h.poll(c, conn.Want{AllOptions: true})
	if owners := s.Connections[0].Owners; len(owners) != 2 || owners[0].PID != 20 || owners[1].PID != 22 {
		t.Errorf("owners %v, want those that live", owners)
	}
}
