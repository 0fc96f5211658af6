//go:build linux

package collector

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/keepalive/bpf"
)

// fakeSweeper tells of the sockets that a test sets.
type fakeSweeper struct {
	sockets []bpf.Socket
	spend   func() // nil: a sweep takes no time
	err     error
	sweeps  int
	closed  int
}

func (f *fakeSweeper) Sockets(_ context.Context, each func(*bpf.Socket)) error {
	f.sweeps++
	for i := range f.sockets {
		each(&f.sockets[i])
	}
	if f.spend != nil {
		f.spend()
	}
	return f.err
}

func (f *fakeSweeper) Close() error {
	f.closed++
	return nil
}

// sweeping is a collector whose fast path is f from the second poll on.
func (h *fakeHost) sweeping(f *fakeSweeper) *Collector {
	c := h.collector()
	c.inspector.owners.load = func() (sweeper, error) { return f, nil }
	h.poll(c, conn.Want{})
	return c
}

var readGeneral = conn.Keepalive{
	State: conn.KeepaliveOn, Source: conn.SourceRead,
	Params: conn.Params{Idle: 300 * time.Second, Interval: 30 * time.Second, Count: 3},
}

func TestSweep(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	f := &fakeSweeper{}
	c := h.sweeping(f)
	h.shows(established(100, inetdiag.TimerKeepalive), established(101, inetdiag.TimerKeepalive), established(102, inetdiag.TimerKeepalive))
	f.sockets = []bpf.Socket{
		{Inode: 100, Cookie: 100, PID: 20, FD: 3, Name: "web", Keepalive: readGeneral},
		{Inode: 101, Cookie: 9999, PID: 20, FD: 4, Name: "web", Keepalive: readGeneral}, // its inode is another's by now
		{Inode: 102, Cookie: 102, PID: 20, FD: 5, Name: "web", MPTCP: true},
		{Inode: 100, Cookie: 100, PID: 21, FD: 3, Name: "web", Keepalive: readGeneral},
		{Inode: 101, Cookie: 101, PID: 23, FD: 8, Name: "web", Keepalive: readGeneral},
		{Inode: 999, Cookie: 1, PID: 22, FD: 3, Name: "other"}, // of another namespace
	}
	s := h.poll(c, conn.Want{})
	if !s.FastPath.Used || f.sweeps != 1 {
		t.Fatalf("fast path %+v after %d sweeps", s.FastPath, f.sweeps)
	}
	if got, want := s.Connections[0].Owners, []conn.Owner{{PID: 20, FD: 3, Name: "web"}, {PID: 21, FD: 3, Name: "web"}}; !slices.Equal(got, want) {
		t.Errorf("owners %v, want %v", got, want)
	}
	if got := s.Connections[0].Keepalive; got != readGeneral {
		t.Errorf("keepalive %v, want that of the sweep", got)
	}
	if got, want := s.Connections[1].Owners, []conn.Owner{{PID: 23, FD: 8, Name: "web"}}; !slices.Equal(got, want) {
		t.Errorf("owners %v, want %v: the other has a socket of the same inode number, but with another cookie", got, want)
	}
	// What the sweep could not tell is read from the descriptors, and nothing else.
	want := []keepalive.Target{{Cookie: 102, Inode: 102, PID: 20, FD: 5}}
	if !slices.Equal(h.reads, want) {
		t.Errorf("read from descriptors: %v, want %v", h.reads, want)
	}

	// Nothing is new: nothing is swept, and the owners are the very same.
	again := h.poll(c, conn.Want{})
	if f.sweeps != 1 || &again.Connections[0].Owners[0] != &s.Connections[0].Owners[0] {
		t.Errorf("%d sweeps although nothing was new", f.sweeps)
	}
	h.poll(c, conn.Want{AllOptions: true})
	if f.sweeps != 2 {
		t.Errorf("%d sweeps, want another one when all options are asked for", f.sweeps)
	}

	// A process has gone, and with it one of the owners.
	f.sockets = slices.Delete(f.sockets, 3, 4)
	h.clock = h.clock.Add(renewEvery)
	s = h.poll(c, conn.Want{})
	if got, want := s.Connections[0].Owners, []conn.Owner{{PID: 20, FD: 3, Name: "web"}}; !slices.Equal(got, want) {
		t.Errorf("owners %v after one has gone, want %v", got, want)
	}
	if first := again.Connections[0].Owners; len(first) != 2 || first[1].PID != 21 {
		t.Errorf("an earlier snapshot has changed: owners %v", first)
	}

	// A socket that was not there is swept for at once.
	sweeps := f.sweeps
	h.shows(established(100, inetdiag.TimerKeepalive), established(103, inetdiag.TimerKeepalive))
	f.sockets = append(f.sockets, bpf.Socket{Inode: 103, Cookie: 103, PID: 30, FD: 9, Name: "db", Keepalive: readGeneral})
	s = h.poll(c, conn.Want{})
	if owner, ok := s.Connections[1].Owner(); !ok || owner.PID != 30 || f.sweeps != sweeps+1 {
		t.Errorf("owner %v after %d sweeps", owner, f.sweeps-sweeps)
	}
}

// A sweeper that fails is given up, and /proc takes its place in the same poll.
func TestSweepFails(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	f := &fakeSweeper{err: errors.New("broken pipe")}
	c := h.sweeping(f)
	h.process(20, "web", map[int]uint32{3: 100})
	h.shows(established(100, inetdiag.TimerKeepalive))
	for range 2 {
		s := h.poll(c, conn.Want{})
		if owner, _ := s.Connections[0].Owner(); owner.PID != 20 || s.FastPath.Used || s.FastPath.Why != "broken pipe" {
			t.Errorf("owner %v, fast path %+v", owner, s.FastPath)
		}
	}
	if f.closed != 1 {
		t.Errorf("closed %d times, want once", f.closed)
	}
}

// A sweep that fails in the middle leaves nothing of what it had found.
func TestSweepFailsInTheMiddle(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	f := &fakeSweeper{sockets: []bpf.Socket{{Inode: 100, Cookie: 100, PID: 20, FD: 3, Name: "web", Keepalive: readGeneral}}}
	c := h.sweeping(f)
	h.process(20, "web", map[int]uint32{3: 100})
	h.shows(established(100, inetdiag.TimerKeepalive))
	h.poll(c, conn.Want{})
	f.sockets[0].PID, f.err = 666, errors.New("broken pipe")
	s := h.poll(c, conn.Want{AllOptions: true})
	if got, want := s.Connections[0].Owners, []conn.Owner{{PID: 20, FD: 3, Name: "web"}}; !slices.Equal(got, want) {
		t.Errorf("owners %v, want %v as /proc has it", got, want)
	}
	h.process(20, "web", nil)
	h.clock = h.clock.Add(renewEvery)
	if s = h.poll(c, conn.Want{}); len(s.Connections[0].Owners) != 0 {
		t.Errorf("owners %v after the descriptor was closed", s.Connections[0].Owners)
	}
}

// Who has exited holds nothing from the next poll on, though no sweep is due.
func TestSweepOwnerExits(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	f := &fakeSweeper{sockets: []bpf.Socket{
		{Inode: 100, Cookie: 100, PID: 20, FD: 3, Name: "web", Keepalive: readGeneral},
		{Inode: 100, Cookie: 100, PID: 21, FD: 3, Name: "web", Keepalive: readGeneral},
	}}
	c := h.sweeping(f)
	h.process(20, "web", map[int]uint32{3: 100})
	h.process(21, "web", map[int]uint32{3: 100})
	h.shows(established(100, inetdiag.TimerKeepalive))
	before := h.poll(c, conn.Want{})
	ownersOf(c).renewal = time.Minute // sweeping is dear
	sweeps := f.sweeps
	if err := os.RemoveAll(filepath.Join(h.proc, "21")); err != nil {
		t.Fatal(err)
	}
	s := h.poll(c, conn.Want{})
	if got, want := s.Connections[0].Owners, []conn.Owner{{PID: 20, FD: 3, Name: "web"}}; !slices.Equal(got, want) || f.sweeps != sweeps {
		t.Errorf("owners %v after %d sweeps, want %v and none", got, f.sweeps-sweeps, want)
	}
	if len(before.Connections[0].Owners) != 2 {
		t.Errorf("an earlier snapshot has changed: owners %v", before.Connections[0].Owners)
	}
}

// A socket that nobody holds is swept for at once, and then as seldom as its
// price asks for.
func TestSweepForNobodysSocket(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	f := &fakeSweeper{}
	c := h.sweeping(f)
	h.shows(established(100, inetdiag.TimerKeepalive))
	h.poll(c, conn.Want{})
	if f.sweeps != 1 {
		t.Fatalf("%d sweeps for a new socket, want one", f.sweeps)
	}
	ownersOf(c).renewal = 100 * time.Millisecond // five seconds of it
	var swept []int
	for second := range renewEvery / time.Second {
		if h.poll(c, conn.Want{}); f.sweeps > 1+len(swept) {
			swept = append(swept, int(second)+1)
			ownersOf(c).renewal = 100 * time.Millisecond
		}
	}
	if len(swept) != 1 || swept[0] < 5 {
		t.Errorf("swept again after %v seconds, want once, %d times its price later or more", swept, renewShare)
	}
}

// Socket numbers are used again in the end: of two connections with the same
// one, only that has the owner whose cookie it is.
func TestSweepSameInode(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	f := &fakeSweeper{sockets: []bpf.Socket{{Inode: 100, Cookie: 7, PID: 20, FD: 3, Name: "web", Keepalive: readGeneral}}}
	c := h.sweeping(f)
	one, two := established(100, inetdiag.TimerKeepalive), established(100, inetdiag.TimerKeepalive)
	one.ID.Cookie, two.ID.Cookie = 8, 7
	h.shows(one, two)
	s := h.poll(c, conn.Want{})
	if len(s.Connections[0].Owners) != 0 || len(s.Connections[1].Owners) != 1 {
		t.Errorf("owners %v and %v, want none and one", s.Connections[0].Owners, s.Connections[1].Owners)
	}
}

// A kernel that refuses the program is asked once.
func TestSweepRefused(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	c := h.collector()
	loads := 0
	c.inspector.owners.load = func() (sweeper, error) {
		loads++
		return nil, bpf.ErrUnsupported
	}
	h.process(20, "web", map[int]uint32{3: 100})
	h.shows(established(100, inetdiag.TimerKeepalive))
	for range 4 {
		s := h.poll(c, conn.Want{})
		if owner, _ := s.Connections[0].Owner(); owner.PID != 20 {
			t.Errorf("owner %v", owner)
		}
	}
	if s := h.poll(c, conn.Want{}); loads != 1 || s.FastPath.Used || s.FastPath.Why != bpf.ErrUnsupported.Error() {
		t.Errorf("loaded %d times, fast path %+v", loads, s.FastPath)
	}
}

// Where /proc does not show everything, the sweeper is worth it at the first
// look, however few sockets there are.
func TestSweepWhereProcRefuses(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("needs a user whom the kernel refuses a folder: root may read all")
	}
	h := newFakeHost(t)
	f := &fakeSweeper{sockets: []bpf.Socket{{Inode: 100, Cookie: 100, PID: 20, FD: 3, Name: "web", Keepalive: readGeneral}}}
	c := h.collector()
	c.inspector.owners.load = func() (sweeper, error) { return f, nil }
	h.process(20, "web", map[int]uint32{3: 100})
	if err := os.Chmod(filepath.Join(h.proc, "20", "fd"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(h.proc, "20", "fd"), 0o700) })
	h.shows(established(100, inetdiag.TimerKeepalive))
	s := h.poll(c, conn.Want{})
	if owner, _ := s.Connections[0].Owner(); owner.PID != 20 || !s.FastPath.Used || len(s.Hidden) != 0 {
		t.Errorf("owner %v, fast path %+v, hidden %v", owner, s.FastPath, s.Hidden)
	}
}
