//go:build linux

package collector

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

func wantHidden(t *testing.T, s *conn.Snapshot, want ...string) {
	t.Helper()
	var got []string
	for _, h := range s.Hidden {
		got = append(got, h.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hidden (-want +got)\n%s", diff)
	}
}

func TestHiddenWithoutProc(t *testing.T) {
	t.Parallel()
	h := web(t, established(100, inetdiag.TimerKeepalive))
	h.proc = filepath.Join(h.proc, "nowhere")
	s := h.poll(h.collector(), conn.Want{})
	if len(s.Connections) != 1 || s.Connections[0].Keepalive.Source != conn.SourceInferred || s.Namespaces[0].Sysctls.Known {
		t.Errorf("got %+v, want the connection alone, with what its timer tells", s.Connections)
	}
	wantHidden(t, s, "owners and keepalive options of 1 connection hidden: open "+h.proc+": no such file or directory; mount procfs at /proc")
}

// A folder without a single process is no procfs: it shows katop at least.
func TestHiddenWithoutProcesses(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.exit(1)
	h.shows(established(100, 0))
	wantHidden(t, h.poll(h.collector(), conn.Want{}), "owners and keepalive options of 1 connection hidden: procfs is not mounted at "+h.proc+"; mount procfs at /proc")
}

func TestHiddenPID(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.exit(1)
	h.process(20, "katop", nil)
	h.shows(established(100, 0))
	even, need := "", needRights
	if os.Geteuid() == 0 {
		even, need = ", even to root", needAsRoot
	}
	wantHidden(t, h.poll(h.collector(), conn.Want{}), "owners and keepalive options of 1 connection hidden: /proc does not show the processes of other users (hidepid)"+even+"; "+need)
}

// A look that fails for katop's own want tells nothing of the process: its
// owners stay, and the failure is the reason why others are hidden.
func TestHiddenByFailure(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.process(20, "web", map[int]uint32{3: 100})
	h.shows(established(100, 0))
	c := h.collector()
	h.poll(c, conn.Want{})
	fd := filepath.Join(h.proc, "20", "fd")
	if err := os.RemoveAll(fd); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("fd", fd); err != nil { // ELOOP
		t.Fatal(err)
	}
	known := map[uint32][]conn.Owner{100: {{PID: 20, FD: 3, Name: "web"}}}
	h.clock = h.clock.Add(renewEvery)
	s := h.poll(c, conn.Want{})
	wantOwners(t, s, known)
	wantHidden(t, s)

	h.shows(established(100, 0), established(101, 0))
	s = h.poll(c, conn.Want{})
	wantOwners(t, s, known)
	wantHidden(t, s, "owners and keepalive options of 1 connection hidden: open /proc/20/fd: too many levels of symbolic links; the next poll tries again")

	h.process(20, "web", map[int]uint32{3: 100, 4: 101})
	h.poll(c, conn.Want{})
	s = h.poll(c, conn.Want{})
	known[101] = []conn.Owner{{PID: 20, FD: 4, Name: "web"}}
	wantOwners(t, s, known)
	wantHidden(t, s)
}

const heldByNobody = "owners and keepalive options of 1 connection hidden: no process in sight holds them; run katop in the host's PID namespace, if they are of containers or of its host; the kernel's own sockets (NFS) have none"

// A descriptor that is closed between the dump and the look at /proc hides
// nothing: the line would come and go, and blame what is not at fault.
func TestNotHiddenByClosing(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.process(20, "web", map[int]uint32{3: 100})
	c := h.collector()
	h.dumps = [][]inetdiag.Socket{
		{established(100, 0), established(101, 0)}, // 101 is closed before its process is looked into
		{established(100, 0)},                      // the second look of the first poll
		{established(100, 0), established(102, 0)}, // so is 102
		{established(100, 0)},
		{established(100, 0), established(103, 0)}, // 103 stays
		{established(100, 0), established(103, 0)},
	}
	for range 4 {
		wantHidden(t, h.poll(c, conn.Want{}))
	}
	wantHidden(t, h.poll(c, conn.Want{}), heldByNobody)
	h.process(20, "web", map[int]uint32{3: 100, 4: 103})
	h.clock = h.clock.Add(renewEvery)
	wantHidden(t, h.poll(c, conn.Want{}))
}

// A command that polls once says what it cannot see: the kernel has the socket
// still, and no process does.
func TestHiddenFromTheFirstPoll(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.process(20, "web", map[int]uint32{3: 100})
	h.shows(established(100, 0), established(101, 0))
	c := h.collector()
	for range 3 {
		wantHidden(t, h.poll(c, conn.Want{}), heldByNobody)
	}
}

// Where the kernel does not tell what it still has, nothing is left unsaid.
func TestHiddenUnlessTold(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.shows(established(101, 0))
	h.errs = []error{nil, errors.New("no answer")}
	s := h.poll(h.collector(), conn.Want{})
	if len(s.Hidden) != 1 || !strings.HasPrefix(s.Hidden[0].What, "owners and keepalive options of 1 connection") {
		t.Errorf("hidden %v, want the one connection", s.Hidden)
	}
}
