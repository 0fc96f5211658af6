//go:build linux

package collector

import (
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
	wantHidden(t, s, "owners and keepalive options of 1 connection hidden: open "+h.proc+": no such file or directory; mount procfs at /proc and let katop read it")
}

func TestHiddenPID(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.exit(1)
	h.shows(established(100, 0))
	wantHidden(t, h.poll(h.collector(), conn.Want{}), "owners and keepalive options of 1 connection hidden: /proc does not show the processes of other users (hidepid); run as root, or in the group that /proc is mounted with (gid=)")
}
