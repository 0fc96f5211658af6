package keepalive_test

import (
	"errors"
	"net/netip"
	"os"
	"testing"

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
