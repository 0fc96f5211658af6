//go:build linux

package collector_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// Settings and counters are those of the namespace, not of the host.
func TestNamespace(t *testing.T) {
	n, _, _ := solo(t)
	for name, value := range map[string]int{"time": 1234, "intvl": 12, "probes": 3} {
		if err := n.SetSysctl("net.ipv4.tcp_keepalive_"+name, strconv.Itoa(value)); err != nil {
			t.Fatal(err)
		}
	}
	got := poll(t, n, conn.Want{}).Namespaces[0]
	if want := (conn.Params{Idle: 1234 * time.Second, Interval: 12 * time.Second, Count: 3}); got.Sysctls.Keepalive != want || !got.Sysctls.Known {
		t.Errorf("sysctls %+v, want keepalive %v", got.Sysctls, want)
	}
	if !got.Counters.Known || got.Counters.ActiveOpens != 1 || got.Counters.PassiveOpens != 1 {
		t.Errorf("counters %+v, want one connection opened at each end", got.Counters)
	}
	if !got.Sockets.Known || got.Sockets.InUse != 3 || got.Sockets.InUse6 != 0 {
		t.Errorf("sockets %+v, want the listener and both ends of a connection", got.Sockets)
	}
}

func TestHostNamespace(t *testing.T) {
	t.Parallel()
	var first, own unix.Stat_t
	if err := unix.Stat("/proc/1/net/tcp", &first); err != nil {
		t.Skip("needs a /proc that shows PID 1: ", err)
	}
	if err := unix.Stat("/proc/thread-self/net/tcp", &own); err != nil || own.Ino != first.Ino {
		t.Skip("needs to run in the namespace of PID 1")
	}
	c, err := collector.New(collector.Options{})
	if err != nil {
		t.Skip("needs sock_diag: ", err)
	}
	closing(t, c)
	s, err := c.Poll(t.Context(), conn.Want{})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Namespaces[0].NetNS; got.Name != "host" || got.Inode == 0 {
		t.Errorf("namespace %+v, want host", got)
	}
}

// A socket belongs to the cgroup that its process was in when it opened it.
func TestUnitOfSocket(t *testing.T) {
	needLab(t)
	cgroup := newCgroup(t, fmt.Sprintf("katop-test-%d.service", os.Getpid()))
	n, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, n)
	actor, err := n.StartActor(lab.ActorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cgroup, "cgroup.procs"), []byte(strconv.Itoa(actor.PID())), 0o644); err != nil {
		t.Fatal(err)
	}
	listener, err := actor.Listen(netip.MustParseAddrPort("127.0.0.1:0"), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	type unit struct {
		Cookie uint64
		Unit   string
	}
	var got []unit
	for _, c := range poll(t, n, conn.Want{}).Connections {
		got = append(got, unit{c.Cookie, c.Unit})
	}
	if diff := cmp.Diff([]unit{{listener.Cookie, filepath.Base(cgroup)}}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// newCgroup makes a cgroup that is removed when the test ends.
func newCgroup(t *testing.T, name string) string {
	t.Helper()
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(filepath.Join(root, "cgroup.procs")); err != nil {
			continue
		}
		folder := filepath.Join(root, name)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Skip("needs to make cgroups: ", err)
		}
		t.Cleanup(func() {
			if err := os.Remove(folder); err != nil {
				t.Error(err)
			}
		})
		return folder
	}
	t.Skip("needs a cgroup v2 tree at /sys/fs/cgroup")
	return ""
}
