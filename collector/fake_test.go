//go:build linux

package collector

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
	"github.com/katop/katop/keepalive"
)

func mkdir(t testing.TB, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	mkdir(t, filepath.Dir(path))
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// fakeHost is a host for tests: a tree of files for /proc, dumps and options
// that the test sets.
type fakeHost struct {
	t       testing.TB
	proc    string
	clock   time.Time
	dumps   [][]inetdiag.Socket // of IPv4, one after the other; the last repeats
	errs    []error             // of the dumps
	dumped  []inetdiag.Request
	options map[keepalive.Target]conn.Keepalive
	refuse  map[keepalive.Target]error
	reads   []keepalive.Target
}

func newFakeHost(t testing.TB) *fakeHost {
	h := &fakeHost{
		t: t, proc: t.TempDir(), clock: time.Unix(1_700_000_000, 0),
		options: make(map[keepalive.Target]conn.Keepalive), refuse: make(map[keepalive.Target]error),
	}
	h.process(1, "init", nil)
	return h
}

func (h *fakeHost) collector() *Collector {
	h.t.Helper()
	c, err := newCollector(system{
		proc: h.proc, hosts: filepath.Join(h.proc, "hosts"), named: []string{filepath.Join(h.proc, "netns")},
		now:  func() time.Time { return h.clock },
		dial: func(int) (dumper, error) { return h, nil },
		read: h.read,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	return c
}

// poll polls a second later.
func (h *fakeHost) poll(c *Collector, want conn.Want) *conn.Snapshot {
	h.t.Helper()
	h.clock = h.clock.Add(time.Second)
	s, err := c.Poll(h.t.Context(), want)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// Dump is that of a dumper; IPv6 has no sockets.
func (h *fakeHost) Dump(_ context.Context, r inetdiag.Request, each func(*inetdiag.Socket) error) error {
	if r.Family != inetdiag.FamilyIPv4 {
		return nil
	}
	n := len(h.dumped)
	h.dumped = append(h.dumped, r)
	if len(h.dumps) > 0 {
		sockets := h.dumps[min(n, len(h.dumps)-1)]
		for i := range sockets {
			if err := each(&sockets[i]); err != nil {
				return err
			}
		}
	}
	if n < len(h.errs) {
		return h.errs[n]
	}
	return nil
}

// Close is that of a dumper.
func (h *fakeHost) Close() error { return nil }

// read answers as options and refuse say, and otherwise that keepalive is off.
func (h *fakeHost) read(_ context.Context, targets []keepalive.Target, each func(int, conn.Keepalive, error)) {
	for i, target := range targets {
		h.reads = append(h.reads, target)
		if k, ok := h.options[target]; ok {
			each(i, k, nil)
		} else if err := h.refuse[target]; err != nil {
			each(i, conn.Keepalive{}, err)
		} else {
			each(i, readOff, nil)
		}
	}
}

// shows sets what the next dumps bring.
func (h *fakeHost) shows(sockets ...inetdiag.Socket) {
	h.dumps, h.errs, h.dumped = [][]inetdiag.Socket{sockets}, nil, nil
}

// process makes or changes a process; its descriptors are sockets by inode.
func (h *fakeHost) process(pid int, name string, fds map[int]uint32) {
	h.t.Helper()
	folder := filepath.Join(h.proc, strconv.Itoa(pid))
	write(h.t, filepath.Join(folder, "comm"), name+"\n")
	if err := os.RemoveAll(filepath.Join(folder, "fd")); err != nil {
		h.t.Fatal(err)
	}
	mkdir(h.t, filepath.Join(folder, "fd"))
	for fd, inode := range fds {
		link(h.t, folder, fd, fmt.Sprintf("socket:[%d]", inode))
	}
}

func (h *fakeHost) exit(pid int) {
	h.t.Helper()
	if err := os.RemoveAll(filepath.Join(h.proc, strconv.Itoa(pid))); err != nil {
		h.t.Fatal(err)
	}
}

func link(t testing.TB, folder string, fd int, to string) {
	t.Helper()
	if err := os.Symlink(to, filepath.Join(folder, "fd", strconv.Itoa(fd))); err != nil {
		t.Fatal(err)
	}
}

// What may be read of a socket.
var (
	readOff = conn.Keepalive{State: conn.KeepaliveOff, Source: conn.SourceRead, Params: conn.Params{Idle: 7200 * time.Second, Interval: 75 * time.Second, Count: 9}}
	readOn  = conn.Keepalive{State: conn.KeepaliveOn, Source: conn.SourceRead, Params: conn.Params{Idle: 30 * time.Second, Interval: 5 * time.Second, Count: 3}}
)

// established is a socket with the inode number as its cookie.
func established(inode uint32, timer uint8) inetdiag.Socket {
	return inetdiag.Socket{
		Family: inetdiag.FamilyIPv4, State: inetdiag.StateEstablished, Timer: timer, Inode: inode,
		ID: inetdiag.SocketID{
			Cookie: uint64(inode),
			Local:  netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), 80),
			Remote: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(inode >> 16), byte(inode >> 8), byte(inode)}), 4000),
		},
	}
}
