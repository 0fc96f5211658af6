package keepalive_test

import (
	"errors"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/lab"
)

// A namespace is found by a process in it, by its name and by any process, and
// what is opened is the one that was meant.
func TestOpenNamespace(t *testing.T) {
	l, _ := scene(t)
	actor, err := l.Near.StartActor(lab.ActorOptions{Name: "inside"})
	if err != nil {
		t.Fatal(err)
	}
	socket, err := actor.Listen(netip.MustParseAddrPort("127.0.0.1:7400"), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, pids := range map[string][]int32{
		"by a process in it": {int32(socket.PID)}, "by its name": nil,
		"by its name, for the process is elsewhere": {int32(os.Getpid())}, "and one that is gone": {1 << 30},
	} {
		f, err := keepalive.OpenNamespace(l.Near.Inode(), pids...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var st unix.Stat_t
		if err := unix.Fstat(int(f.Fd()), &st); err != nil || st.Ino != l.Near.Inode() {
			t.Errorf("%s: %d, %v; want %d", name, st.Ino, err, l.Near.Inode())
		}
		_ = f.Close()
	}
	if f, err := keepalive.OpenNamespace(1, int32(socket.PID)); f != nil || !errors.Is(err, keepalive.ErrNoNamespace) {
		t.Errorf("no namespace has the inode 1: %v, want ErrNoNamespace", err)
	}
}

// Whoever visits another namespace comes home: the main thread above all, which
// stands for the process in /proc and is kept where others would end.
func TestWithinComesHome(t *testing.T) {
	l, _ := scene(t)
	home := namespaceOf(t, "/proc/self/ns/net")
	for range 20 {
		var visits sync.WaitGroup
		for range 8 {
			visits.Go(func() {
				if err := keepalive.Within(l.Near.Inode(), func() error {
					if there := namespaceOf(t, "/proc/thread-self/ns/net"); there != l.Near.Inode() {
						t.Errorf("in namespace %d, want %d", there, l.Near.Inode())
					}
					time.Sleep(time.Millisecond) // so that many threads are away at once
					return nil
				}); err != nil {
					t.Error(err)
				}
			})
		}
		visits.Wait()
		if now := namespaceOf(t, "/proc/self/ns/net"); now != home {
			t.Fatalf("the main thread is in namespace %d, and was in %d", now, home)
		}
	}
}

func namespaceOf(t *testing.T, name string) uint64 {
	var st unix.Stat_t
	if err := unix.Stat(name, &st); err != nil {
		t.Error(err)
	}
	return st.Ino
}
