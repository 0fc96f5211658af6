package cli

import (
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// TestKillEndsTheConnectionAlone holds that the owner lives and finds one
// connection dead with ECONNABORTED, the peer gets a RST, and the connection
// beside it goes on.
func TestKillEndsTheConnectionAlone(t *testing.T) {
	t.Parallel()
	l := mustLab(t)
	near, far := mustActor(t, l.Near, lab.ActorOptions{Name: "near"}), mustActor(t, l.Far(), lab.ActorOptions{Name: "far"})
	meant, peer := mustPair(t, near, far, netip.AddrPortFrom(lab.FarAddr4, 7001), lab.Options{})
	other, _ := mustPair(t, near, far, netip.AddrPortFrom(lab.FarAddr6, 7002), lab.Options{})
	s := newStation(t, l.Near)
	if r := s.call(s.command("kill rport:7001")); r.code != 1 || !strings.HasPrefix(r.stderr, "katop: nothing was changed: ") {
		t.Errorf("without a yes: exit code %d, stderr %q", r.code, r.stderr)
	}
	if got := s.act(0, "kill rport:7001 --dry-run"); len(got) != 1 {
		t.Errorf("it would end %v, want one connection", got)
	}
	if _, err := meant.Describe(); err != nil {
		t.Fatalf("it was ended without a yes: %v", err)
	}
	if got := s.act(0, "kill rport:7001 --yes"); len(got) != 1 || got[7001].Outcome != "done" {
		t.Errorf("results %v", got)
	}
	for _, end := range []struct {
		socket *lab.Socket
		want   syscall.Errno
	}{{meant, syscall.ECONNABORTED}, {peer, syscall.ECONNRESET}} {
		death, err := end.socket.AwaitError(10 * time.Second)
		if err != nil || death.Errno != end.want {
			t.Errorf("the end at %v: %v, %v; want %v", end.socket.Local, death.Errno, err, end.want)
		}
	}
	if n, err := other.Send(10); n != 10 || err != nil {
		t.Errorf("the other connection: %d bytes sent, %v", n, err)
	}
	journal := s.call(s.command("journal"))
	if lines := strings.Count(journal.stdout, "\n"); journal.code != 0 || lines != 2 || !strings.Contains(journal.stdout, "kill     1 done") {
		t.Errorf("journal: %s", journal.stdout)
	}
	if r := s.call(s.command("undo --yes")); r.code != 1 || !strings.Contains(r.stderr, "nothing to undo") {
		t.Errorf("undo of a kill: exit code %d, stderr %q", r.code, r.stderr)
	}
}
