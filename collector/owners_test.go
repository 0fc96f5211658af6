//go:build linux

package collector

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

// wantOwners compares the owners of the snapshot's connections, by inode.
func wantOwners(t *testing.T, s *conn.Snapshot, want map[uint32][]conn.Owner) {
	t.Helper()
	got := make(map[uint32][]conn.Owner)
	for _, c := range s.Connections {
		if len(c.Owners) > 0 {
			got[c.Inode] = c.Owners
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("owners (-want +got)\n%s", diff)
	}
}

func TestOwners(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.process(20, "web", map[int]uint32{3: 100, 12: 101, 4: 999})
	h.process(10, "parent", map[int]uint32{7: 100})
	link(t, filepath.Join(h.proc, "20"), 0, "/dev/null")
	link(t, filepath.Join(h.proc, "20"), 1, "socket:[x]")
	link(t, filepath.Join(h.proc, "20"), 2, "pipe:[101]")
	h.shows(established(100, 0), established(101, 0), established(102, 0), inetdiag.Socket{Family: inetdiag.FamilyIPv4, State: inetdiag.StateTimeWait})
	c := h.collector()
	first := h.poll(c, conn.Want{})
	want := map[uint32][]conn.Owner{
		100: {{PID: 10, FD: 7, Name: "parent"}, {PID: 20, FD: 3, Name: "web"}},
		101: {{PID: 20, FD: 12, Name: "web"}},
	}
	wantOwners(t, first, want)

	// A process that exits drops out at once; the snapshot before stays as it was.
	h.exit(10)
	second := h.poll(c, conn.Want{})
	wantOwners(t, second, map[uint32][]conn.Owner{100: {{PID: 20, FD: 3, Name: "web"}}, 101: want[101]})
	wantOwners(t, first, want)

	// A new process is looked into even if no socket is new: fork shares them.
	h.process(30, "child", map[int]uint32{3: 100})
	wantOwners(t, h.poll(c, conn.Want{}), map[uint32][]conn.Owner{
		100: {{PID: 20, FD: 3, Name: "web"}, {PID: 30, FD: 3, Name: "child"}}, 101: want[101],
	})
}

// The same PID is another process: nothing of the old one is left.
func TestOwnersPIDUsedAgain(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.process(20, "old", map[int]uint32{3: 100})
	h.process(30, "keeper", map[int]uint32{5: 100})
	h.shows(established(100, 0))
	c := h.collector()
	h.poll(c, conn.Want{})
	// The old folder is kept elsewhere, so that the new one has another inode.
	if err := os.Rename(filepath.Join(h.proc, "20"), filepath.Join(h.proc, "old")); err != nil {
		t.Fatal(err)
	}
	h.process(20, "new", map[int]uint32{4: 200})
	wantOwners(t, h.poll(c, conn.Want{}), map[uint32][]conn.Owner{100: {{PID: 30, FD: 5, Name: "keeper"}}})
}

// A process that exits while it is being looked into is no error and no owner.
func TestOwnersProcessExitsMidScan(t *testing.T) {
	t.Parallel()
	for name, vanish := range map[string]func(folder string) error{
		"before fd":   func(folder string) error { return os.RemoveAll(filepath.Join(folder, "fd")) },
		"before comm": func(folder string) error { return os.Remove(filepath.Join(folder, "comm")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newFakeHost(t)
			h.process(20, "leaving", map[int]uint32{3: 100})
			h.process(30, "staying", map[int]uint32{4: 101})
			h.shows(established(100, 0), established(101, 0))
			if err := vanish(filepath.Join(h.proc, "20")); err != nil {
				t.Fatal(err)
			}
			wantOwners(t, h.poll(h.collector(), conn.Want{}), map[uint32][]conn.Owner{101: {{PID: 30, FD: 4, Name: "staying"}}})
		})
	}
}

// A number that was closed and opened again belongs to the new socket alone.
func TestOwnersDescriptorUsedAgain(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.process(20, "web", map[int]uint32{3: 100, 4: 101})
	h.shows(established(100, 0), established(101, 0))
	c := h.collector()
	h.poll(c, conn.Want{})
	h.process(20, "web", map[int]uint32{3: 102, 4: 101})
	h.shows(established(101, 0), established(102, 0))
	wantOwners(t, h.poll(c, conn.Want{}), map[uint32][]conn.Owner{
		101: {{PID: 20, FD: 4, Name: "web"}}, 102: {{PID: 20, FD: 3, Name: "web"}},
	})
}

// A descriptor that was passed on while everything is known is found by the
// next walk over everything.
func TestOwnersRenewed(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.process(20, "a", map[int]uint32{3: 100})
	h.process(30, "b", nil)
	h.shows(established(100, 0))
	c := h.collector()
	h.poll(c, conn.Want{})
	h.process(20, "renamed", nil)
	h.process(30, "b", map[int]uint32{9: 100})
	wantOwners(t, h.poll(c, conn.Want{}), map[uint32][]conn.Owner{100: {{PID: 20, FD: 3, Name: "a"}}})
	h.clock = h.clock.Add(renewEvery)
	wantOwners(t, h.poll(c, conn.Want{}), map[uint32][]conn.Owner{100: {{PID: 30, FD: 9, Name: "b"}}})
}

// A socket without a visible owner is looked for at growing distances, and
// found in the end.
func TestOwnersPatience(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.process(20, "web", nil)
	h.shows(established(100, 0))
	c := h.collector()
	var tries []uint32
	for range 20 {
		h.clock = h.clock.Add(-time.Second) // the walk over everything stays away
		due := ownersOf(c).sockets[100]
		if due == nil || due.retry == ownersOf(c).update+1 {
			tries = append(tries, ownersOf(c).update+1)
		}
		h.poll(c, conn.Want{})
	}
	if diff := cmp.Diff([]uint32{1, 2, 4, 8, 16}, tries); diff != "" {
		t.Errorf("the updates that looked (-want +got)\n%s", diff)
	}
	h.process(20, "web", map[int]uint32{3: 100})
	var s *conn.Snapshot
	for ownersOf(c).update < 32 {
		h.clock = h.clock.Add(-time.Second)
		s = h.poll(c, conn.Want{})
	}
	wantOwners(t, s, map[uint32][]conn.Owner{100: {{PID: 20, FD: 3, Name: "web"}}})
}

// What is remembered is bounded by what the dumps show, filtered or not.
func TestForget(t *testing.T) {
	t.Parallel()
	filter, err := conn.ParseFilter("state:ESTABLISHED")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name                 string
		want                 conn.Want
		sockets, connections int
	}{
		{"all", conn.Want{}, 1, 1 + grace},
		{"filtered", conn.Want{Filter: filter}, 1 + graceFiltered, 1 + graceFiltered},
	} {
		h := newFakeHost(t)
		c := h.collector()
		for i := range uint32(2 * graceFiltered) {
			h.process(20, "web", map[int]uint32{3: 100 + i})
			h.shows(established(100+i, 0))
			h.poll(c, tt.want)
		}
		if got := len(ownersOf(c).sockets); got != tt.sockets {
			t.Errorf("%s: %d sockets remembered, want %d", tt.name, got, tt.sockets)
		}
		if got := len(c.records.known); got != tt.connections {
			t.Errorf("%s: %d connections remembered, want %d", tt.name, got, tt.connections)
		}
	}
}

func BenchmarkOwners(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		h := newFakeHost(b)
		fds, conns := make(map[int]uint32), make([]conn.Connection, n)
		for i := range n {
			fds[i+3], conns[i].Inode = uint32(100+i), uint32(100+i)
		}
		h.process(20, "web", fds)
		b.Run(fmt.Sprintf("walk/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				o := newOwners(h.proc)
				if err := o.fill(b.Context(), conns, present(conns), false, true, time.Now); err != nil {
					b.Fatal(err)
				}
				_ = o.close()
			}
		})
		b.Run(fmt.Sprintf("known/%d", n), func(b *testing.B) {
			o, dumped := newOwners(h.proc), present(conns)
			b.ReportAllocs()
			for b.Loop() {
				if err := o.fill(b.Context(), conns, dumped, false, true, func() time.Time { return h.clock }); err != nil {
					b.Fatal(err)
				}
			}
			_ = o.close()
		})
	}
}

func ownersOf(c *Collector) *owners { return c.inspector.owners }

// present is the records of a dump of conns.
func present(conns []conn.Connection) *records {
	r := &records{}
	r.begin(0)
	for i := range conns {
		r.meet(conn.ID{Cookie: uint64(conns[i].Inode)}, time.Time{}, false)
	}
	return r
}
