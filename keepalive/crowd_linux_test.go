package keepalive_test

import (
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/keepalive/bpf"
	"github.com/katop/katop/lab"
)

var crowdSize = flag.Int("sockets", 20000, "how many sockets a crowd has; 100000 for the goal of docs/benchmarks.md")

// crowdProcesses is over how many processes a crowd is spread.
const crowdProcesses = 6

// crowd opens connections with itself and keeps them until stdin ends. It prints
// a line when they are there.
func crowd(pairs int, at string) error {
	listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	address := &unix.SockaddrInet4{Addr: netip.MustParseAddr(at).As4()}
	if err := unix.Bind(listener, address); err != nil {
		return err
	}
	if err := unix.Listen(listener, 16); err != nil {
		return err
	}
	name, err := unix.Getsockname(listener)
	if err != nil {
		return err
	}
	for range pairs {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		if err := unix.Connect(fd, name); err != nil {
			return err
		}
		if _, _, err := unix.Accept(listener); err != nil {
			return err
		}
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startCrowd starts a crowd of so many sockets in a namespace of a lab, and
// returns those that are ESTABLISHED, as a snapshot has them.
func startCrowd(t testing.TB, sockets int) []conn.Connection {
	t.Helper()
	l, _ := scene(t)
	var outputs []io.Reader
	err := l.Near.Do(func() error {
		for i := range crowdProcesses {
			_, out := start(t, roleCrowd, task{Pairs: sockets / 2 / crowdProcesses, At: fmt.Sprintf("127.0.%d.1", i+1)}, nil)
			outputs = append(outputs, out)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range outputs {
		if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
			t.Fatal("a process of the crowd:", err)
		}
	}
	return snapshot(t, l.Near)
}

// snapshot is what the namespace has in ESTABLISHED, with its owners.
func snapshot(t testing.TB, n *lab.Namespace) []conn.Connection {
	t.Helper()
	it, err := bpf.Load()
	if err != nil {
		t.Skip("needs root and a kernel with BTF:", err)
	}
	defer func() { _ = it.Close() }()
	owners := make(map[uint32][]conn.Owner)
	if err := it.Sockets(t.Context(), func(s *bpf.Socket) {
		if s.NetNS == n.Inode() {
			owners[s.Inode] = append(owners[s.Inode], conn.Owner{PID: s.PID, FD: s.FD, Name: s.Name})
		}
	}); err != nil {
		t.Fatal(err)
	}
	var found []conn.Connection
	if err := n.Do(func() error {
		sockets, err := inetdiag.Dial(nil)
		if err != nil {
			return err
		}
		defer func() { _ = sockets.Close() }()
		return sockets.Dump(t.Context(), inetdiag.Request{Family: inetdiag.FamilyIPv4}, func(s *inetdiag.Socket) error {
			if conn.State(s.State) == conn.StateEstablished {
				found = append(found, conn.Connection{
					NetNS: conn.NetNS{Inode: n.Inode()}, Family: conn.IPv4, State: conn.StateEstablished, Owners: owners[s.Inode],
					Cookie: s.ID.Cookie, Inode: s.Inode, Local: s.ID.Local, Remote: s.ID.Remote,
				})
			}
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

func BenchmarkBulk(b *testing.B) {
	targets := startCrowd(b, *crowdSize)
	for _, way := range []struct {
		name  string
		noBPF bool
	}{{"ebpf", false}, {"pidfd", true}} {
		b.Run(way.name, func(b *testing.B) {
			c := keepalive.New(keepalive.Options{Journal: filepath.Join(b.TempDir(), "katop", "journal.jsonl"), NoBPF: way.noBPF})
			for b.Loop() {
				for _, s := range []conn.Setting{general, {State: conn.KeepaliveOff, Params: conn.Params{Idle: time.Hour}}} {
					results, err := c.Apply(b.Context(), targets, s, nil)
					if err != nil {
						b.Fatal(err)
					}
					for _, r := range results {
						if r.Outcome != conn.OutcomeDone {
							b.Fatalf("%+v", r)
						}
					}
				}
			}
			b.StopTimer()
			for range 2 {
				undone, err := c.Undo(b.Context(), "", nil)
				if err != nil || len(undone) != len(targets) {
					b.Fatalf("%d of %d taken back, %v", len(undone), len(targets), err)
				}
				for _, r := range undone {
					if r.Outcome != conn.OutcomeDone {
						b.Fatalf("%+v", r)
					}
				}
			}
			b.ReportMetric(float64(len(targets)), "sockets")
			b.ReportMetric(b.Elapsed().Seconds()/2/float64(b.N), "s/change")
		})
	}
}

// What the owners and options of a crowd cost: all in one pass, the owners alone
// by /proc, and the options alone by descriptors.
func BenchmarkReadCrowd(b *testing.B) {
	crowd := startCrowd(b, *crowdSize)
	b.Run("ebpf", func(b *testing.B) {
		it, err := bpf.Load()
		if err != nil {
			b.Skip("needs root and a kernel with BTF:", err)
		}
		defer func() { _ = it.Close() }()
		for b.Loop() {
			n := 0
			if err := it.Sockets(b.Context(), func(*bpf.Socket) { n++ }); err != nil || n < len(crowd) {
				b.Fatalf("%d sockets, %v; want %d", n, err, len(crowd))
			}
		}
	})
	b.Run("proc", func(b *testing.B) {
		inodes := make(map[uint32]bool, len(crowd))
		for i := range crowd {
			inodes[crowd[i].Inode] = true
		}
		for b.Loop() {
			if found := keepalive.Holders(inodes); len(found) != len(inodes) {
				b.Fatalf("%d have holders, want %d", len(found), len(inodes))
			}
		}
	})
	b.Run("pidfd", func(b *testing.B) {
		targets := make([]keepalive.Target, len(crowd))
		for i := range crowd {
			c := &crowd[i]
			targets[i] = keepalive.Target{Cookie: c.Cookie, Inode: c.Inode, PID: c.Owners[0].PID, FD: c.Owners[0].FD}
		}
		for b.Loop() {
			keepalive.Read(b.Context(), targets, func(_ int, _ conn.Keepalive, err error) {
				if err != nil {
					b.Fatal(err)
				}
			})
		}
	})
}
