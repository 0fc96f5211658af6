package keepalive_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/keepalive"
)

func TestReadGone(t *testing.T) {
	t.Parallel()
	living := target(t, tcpSocket(t))
	elsewhere := func(change func(*keepalive.Target)) keepalive.Target {
		other := living
		change(&other)
		return other
	}
	closed := tcpSocket(t)
	wasOpen := target(t, closed)
	_ = unix.Close(closed)
	ended := exec.Command("true")
	zombie := exec.Command("true")
	if err := errors.Join(ended.Start(), ended.Wait(), zombie.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = zombie.Wait() })
	awaitZombie(t, zombie.Process.Pid)

	tests := map[string]keepalive.Target{
		"another cookie":    elsewhere(func(o *keepalive.Target) { o.Cookie++ }),
		"a file":            elsewhere(func(o *keepalive.Target) { o.FD = 0 }),
		"a closed number":   elsewhere(func(o *keepalive.Target) { o.FD = 1 << 20 }),
		"closed":            wasOpen,
		"UDP":               target(t, socket(t, unix.AF_INET, unix.SOCK_DGRAM)),
		"a Unix socket":     target(t, socket(t, unix.AF_UNIX, unix.SOCK_STREAM)),
		"exited":            elsewhere(func(o *keepalive.Target) { o.PID = int32(ended.Process.Pid) }),
		"zombie":            elsewhere(func(o *keepalive.Target) { o.PID = int32(zombie.Process.Pid) }),
		"a thread":          elsewhere(func(o *keepalive.Target) { o.PID = otherThread(t) }),
		"no process at all": elsewhere(func(o *keepalive.Target) { o.PID = 0 }),
	}
	for name, gone := range tests {
		if got := read(t, t.Context(), gone, living); !errors.Is(got[0].Err, keepalive.ErrGone) || got[1].Err != nil {
			t.Errorf("%s: %v, and the living one beside it %v; want ErrGone and nil", name, got[0].Err, got[1].Err)
		}
	}
}

// awaitZombie waits until the process has exited, without reaping it.
func awaitZombie(t *testing.T, pid int) {
	t.Helper()
	if err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
}

// otherThread is a thread of this process that does not lead it.
func otherThread(t *testing.T) int32 {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		var tid int32
		if _, err := fmt.Sscan(task.Name(), &tid); err == nil && int(tid) != os.Getpid() {
			return tid
		}
	}
	t.Fatal("this process has one thread only")
	return 0
}
