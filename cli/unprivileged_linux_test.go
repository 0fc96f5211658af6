package cli

import (
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/katop/katop/lab"
)

// nobody is a user without rights.
const nobody = 65534

// TestUnprivileged holds that without rights one's own connections can be
// changed, checked and taken back, and that those of others are refused with
// the reason and the right that helps, and are as before.
func TestUnprivileged(t *testing.T) {
	t.Parallel()
	needsLab(t)
	ns, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Close() })
	other := mustActor(t, ns, lab.ActorOptions{Name: "other"})
	own := mustActor(t, ns, lab.ActorOptions{Name: "own", UID: nobody, GID: nobody})
	ours, _ := mustPair(t, own, other, netip.MustParseAddrPort("127.0.0.1:7001"), lab.Options{})
	theirs, _ := mustPair(t, other, own, netip.MustParseAddrPort("127.0.0.1:7002"), lab.Options{})
	before := said(t, ours)

	// t.TempDir lies under folders that other users may not enter.
	home, err := os.MkdirTemp("", "katop-test") //nolint:usetesting
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	if err := os.Chown(home, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	s := newStation(t, ns)
	call := func(args string) result {
		cmd := s.command(args)
		cmd.Path = "/proc/self/exe" // whose folder may be closed to others
		cmd.Dir = "/"
		cmd.Env = append(cmd.Env, journalVariable+"=", "XDG_STATE_HOME="+home)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		return s.call(cmd)
	}
	r := call("keepalive on --params 20:5:4 rport:7001|7002 --yes")
	if now := said(t, ours); r.code != 1 || now != "on 20 5 4 0" {
		t.Errorf("exit code %d, one's own has %s, stderr %q", r.code, now, r.stderr)
	}
	if now := said(t, theirs); now != before {
		t.Errorf("another user's has %s, before it had %s", now, before)
	}
	last := r.stderr[strings.LastIndex(strings.TrimSpace(r.stderr), "\n")+1:]
	if !strings.HasPrefix(last, "katop: of 2 connections 1 refused; refused: ") || !strings.Contains(last, "CAP_SYS_PTRACE") {
		t.Errorf("stderr %q", r.stderr)
	}
	if r := call("probe rport:7001"); r.code != 1 || !strings.Contains(r.stdout, "CAP_NET_ADMIN") {
		t.Errorf("a check beside keepalive: exit code %d, stdout %q, stderr %q", r.code, r.stdout, r.stderr)
	}
	if r := call("undo --yes"); r.code != 0 || said(t, ours) != before {
		t.Errorf("undo: exit code %d, stderr %q, one's own has %s, before it had %s", r.code, r.stderr, said(t, ours), before)
	}
	if r := call("probe rport:7001"); r.code != 0 || !strings.Contains(r.stdout, "alive") || said(t, ours) != before {
		t.Errorf("probe: exit code %d, stdout %q, stderr %q", r.code, r.stdout, r.stderr)
	}
	if r := call("kill rport:7001 --yes"); r.code != 1 || !strings.Contains(r.stderr, "CAP_NET_ADMIN") {
		t.Errorf("kill: exit code %d, stderr %q", r.code, r.stderr)
	}
	if _, err := ours.Send(1); err != nil {
		t.Errorf("it was ended: %v", err)
	}
}
