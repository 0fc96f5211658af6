package cli

import (
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/katop/katop/lab"
)

// TestCheckWithoutRights holds that what somebody without rights cannot see is
// neither zero nor OK: with rights, the same question has an answer.
func TestCheckWithoutRights(t *testing.T) {
	t.Parallel()
	needsLab(t)
	n, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	server, client := mustActor(t, n, lab.ActorOptions{Name: "server"}), mustActor(t, n, lab.ActorOptions{Name: "client"})
	mustPair(t, client, server, netip.MustParseAddrPort("127.0.0.1:8080"), lab.Options{})
	s := newStation(t, n)
	check := func(credential *syscall.Credential) result {
		cmd := s.command("check -w detects>1s -- lport:8080 -state:listen proc:server")
		cmd.Path, cmd.Dir = "/proc/self/exe", "/" // whose folder may be closed to others
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
		return s.call(cmd)
	}
	if r := check(nil); r.code != 1 || !strings.HasPrefix(r.stdout, "KATOP WARNING - 1 unguarded | connections=1;") {
		t.Errorf("as root: exit code %d, %s%s", r.code, r.stdout, r.stderr)
	}
	r := check(&syscall.Credential{Uid: nobody, Gid: nobody})
	if r.code != 3 || r.stderr != "" ||
		!strings.HasPrefix(r.stdout, "KATOP UNKNOWN - at least 0 connections, none seen to be critical and none a warning, of 1 connection it cannot be told; not seen: ") ||
		!strings.Contains(r.stdout, "CAP_SYS_PTRACE") || !strings.Contains(r.stdout, " connections=U;") || !strings.Contains(r.stdout, " warning=U;") {
		t.Errorf("as nobody: exit code %d, %s%s", r.code, r.stdout, r.stderr)
	}
}
