//go:build linux

package collector

import (
	"os"
	"path/filepath"
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
