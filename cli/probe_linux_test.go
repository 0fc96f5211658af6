package cli

import (
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/katop/katop/lab"
)

// TestProbeTells holds every answer of a liveness check against what was done to
// the peer, and that the options are as before in each.
func TestProbeTells(t *testing.T) {
	t.Parallel()
	l := mustLab(t)
	near, far := mustActor(t, l.Near, lab.ActorOptions{Name: "near"}), mustActor(t, l.Far(), lab.ActorOptions{Name: "far"})
	sockets := map[uint16]*lab.Socket{}
	before := map[uint16]string{}
	for port, k := range map[uint16]lab.Keepalive{
		7001: {},
		7002: {Idle: 301 * time.Second, Interval: 31 * time.Second, Count: 3},
		7003: {},
		7004: {UserTimeout: 30 * time.Second},
		7005: {On: true, Idle: 302 * time.Second},
	} {
		sockets[port], _ = mustPair(t, near, far, netip.AddrPortFrom(lab.FarAddr4, port), lab.Options{Keepalive: k})
		before[port] = said(t, sockets[port])
	}
	for _, port := range []uint16{7002, 7003} {
		if err := l.ForgetPort(port, lab.Both); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := sockets[7003].Send(100); err != nil {
		t.Fatal(err)
	}
	s := newStation(t, l.Near)
	got := s.act(1, "probe raddr:10.9.1.2")
	want := map[uint16]string{7001: "alive", 7002: "silent", 7003: "outstanding", 7004: "not-checked", 7005: "alive"}
	for port, outcome := range want {
		if got[port].Outcome != outcome {
			t.Errorf("port %d: %+v, want %s", port, got[port], outcome)
		}
		if after := said(t, sockets[port]); after != before[port] {
			t.Errorf("port %d: the owner has %s, before it had %s", port, after, before[port])
		}
	}
	if a := got[7001].AnsweredMS; a == nil || *a > 1000 {
		t.Errorf("alive: answered after %v ms", a)
	}
	if n := got[7002].Unanswered; n == nil || *n < 1 || *n > 3 {
		t.Errorf("silent: %v probes unanswered", n)
	}

	if err := l.Restore(); err != nil {
		t.Fatal(err)
	}
	if err := l.Reboot(); err != nil {
		t.Fatal(err)
	}
	rebooted := s.act(1, "probe rport:7001")[7001]
	if rebooted.Outcome != "gone" || !rebooted.Reset || rebooted.Reason == nil || !strings.Contains(*rebooted.Reason, "RST") {
		t.Errorf("rebooted: %+v", rebooted)
	}
	death, err := sockets[7001].AwaitError(10 * time.Second)
	if err != nil || death.Errno != syscall.ECONNRESET {
		t.Errorf("rebooted: the owner got %v, %v; want ECONNRESET", death.Errno, err)
	}
}

// TestKilledProbeIsHealed kills katop in the middle of a check: the next start
// puts the options back and says so.
func TestKilledProbeIsHealed(t *testing.T) {
	t.Parallel()
	l := mustLab(t)
	near, far := mustActor(t, l.Near, lab.ActorOptions{Name: "near"}), mustActor(t, l.Far(), lab.ActorOptions{Name: "far"})
	socket, _ := mustPair(t, near, far, netip.AddrPortFrom(lab.FarAddr4, 7001), lab.Options{})
	before := said(t, socket)
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	s := newStation(t, l.Near)
	p, err := l.Near.Start(s.command("probe --timeout 1m rport:7001"))
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); said(t, socket) == before; {
		if time.Now().After(end) {
			t.Fatal("the check did not begin")
		}
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if now := said(t, socket); now == before {
		t.Fatalf("nothing is left to heal: %s", now)
	}
	// What is asked for changes nothing; the healing comes before.
	r := s.call(s.command("keepalive off rport:7001 --yes"))
	const want = "katop: put back the options of 1 connection, which a killed liveness check had left changed\n"
	if r.code != 0 || r.stderr != want || !strings.Contains(r.stdout, "unchanged") {
		t.Errorf("exit code %d, stderr %q, stdout %q", r.code, r.stderr, r.stdout)
	}
	if diff := gocmp.Diff(before, said(t, socket)); diff != "" {
		t.Errorf("options (-before +after):\n%s", diff)
	}
}
