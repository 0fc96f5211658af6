package cli

import (
	"encoding/json"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// TestCheckFindsTheLostEnd ends one end of a loopback connection as ss -K does,
// with its RST lost: the other is half-open for certain, also for a katop that is
// started only then. Before, nothing is.
func TestCheckFindsTheLostEnd(t *testing.T) {
	t.Parallel()
	needsLab(t)
	for _, program := range []string{"ip", "ss"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("needs " + program + " of iproute2")
		}
	}
	n, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	server, client := mustActor(t, n, lab.ActorOptions{Name: "server"}), mustActor(t, n, lab.ActorOptions{Name: "client"})
	dialed, accepted := mustPair(t, client, server, netip.MustParseAddrPort("127.0.0.1:8080"), lab.Options{})
	exchange(t, dialed, accepted)
	s := newStation(t, n)
	before := s.call(s.command("check"))
	if before.code != 0 || !strings.HasPrefix(before.stdout, "KATOP OK - 3 connections, ") || !strings.Contains(before.stdout, " unguarded=2;") {
		t.Errorf("before: exit code %d, %s%s", before.code, before.stdout, before.stderr)
	}
	for _, command := range []string{"ip link set lo down", "ss -K state established ( sport = :8080 )", "ip link set lo up"} {
		words := strings.Fields(command)
		if r := s.call(exec.CommandContext(t.Context(), words[0], words[1:]...)); r.code != 0 { //nolint:gosec // the lines above
			t.Fatalf("%s: %s", command, r.stderr)
		}
	}
	after := s.call(s.command("check"))
	if after.code != 2 || !strings.HasPrefix(after.stdout, "KATOP CRITICAL - 1 half-open | ") || !strings.Contains(after.stdout, " half_open=1;") {
		t.Errorf("after: exit code %d, %s%s", after.code, after.stdout, after.stderr)
	}
	for _, command := range []string{"list rport:8080 -o jsonl", "list -o jsonl state:established", "summary"} {
		if r := s.call(s.command(command)); r.code != 0 || !strings.Contains(r.stdout, "half-open") {
			t.Errorf("%s: exit code %d, %s%s", command, r.code, r.stdout, r.stderr)
		}
	}
	elsewhere := s.call(s.command("check -- -rport:8080"))
	if elsewhere.code != 0 {
		t.Errorf("without it: exit code %d, %s", elsewhere.code, elsewhere.stdout)
	}
}

// TestAdviseKnowsTheService holds that a connection without keepalive is found
// with the port that it is served on and the programs that hold it.
func TestAdviseKnowsTheService(t *testing.T) {
	t.Parallel()
	l := mustLab(t)
	near, far := mustActor(t, l.Near, lab.ActorOptions{Name: "java"}), mustActor(t, l.Far(), lab.ActorOptions{Name: "kafka"})
	mustPair(t, near, far, netip.AddrPortFrom(lab.FarAddr4, 9092), lab.Options{})
	s := newStation(t, l.Near)
	r := s.call(s.command("advise -o json"))
	var read struct {
		Findings []struct {
			Kind        string
			Filter      string
			Connections int
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &read); err != nil || r.code != 0 {
		t.Fatalf("exit code %d, %v: %s%s", r.code, err, r.stdout, r.stderr)
	}
	for _, found := range read.Findings {
		if found.Kind == "no-keepalive" {
			if found.Connections != 1 || !strings.Contains(found.Filter, "proc:java") || !strings.Contains(found.Filter, "rport:9092") {
				t.Errorf("%+v", found)
			}
			return
		}
	}
	t.Errorf("nothing about keepalive in %s", r.stdout)
}

// TestTimewaitCounts holds the count of a destination against what its client has
// closed.
func TestTimewaitCounts(t *testing.T) {
	t.Parallel()
	l := mustLab(t)
	near, far := mustActor(t, l.Near, lab.ActorOptions{Name: "near"}), mustActor(t, l.Far(), lab.ActorOptions{Name: "far"})
	const closed = 3
	for i := range uint16(closed) {
		dialed, accepted := mustPair(t, near, far, netip.AddrPortFrom(lab.FarAddr4, 7001+i), lab.Options{})
		for _, end := range []*lab.Socket{dialed, accepted} {
			if err := end.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	s := newStation(t, l.Near)
	var read struct {
		Namespaces   []struct{ Count, Limit int }
		Destinations []struct {
			Remote   endpoint
			TimeWait int `json:"time_wait"`
			Ports    int
			Used     int `json:"ports_used"`
		}
	}
	// The last FIN may be on its way.
	for end := time.Now().Add(10 * time.Second); len(read.Destinations) < closed && time.Now().Before(end); {
		r := s.call(s.command("timewait -o json"))
		if err := json.Unmarshal([]byte(r.stdout), &read); err != nil || r.code != 0 {
			t.Fatalf("exit code %d, %v: %s%s", r.code, err, r.stdout, r.stderr)
		}
	}
	if len(read.Destinations) != closed || len(read.Namespaces) != 1 || read.Namespaces[0].Count != closed {
		t.Fatalf("%+v", read)
	}
	for _, d := range read.Destinations {
		if d.TimeWait != 1 || d.Used != 1 || d.Ports < 1000 {
			t.Errorf("%+v", d)
		}
	}
}

// TestEventsTellADeath holds that a connection whose peer is cut off is told as
// dead by keepalive, with who held it, in the log while it goes on; and that
// SIGINT ends it in good order.
func TestEventsTellADeath(t *testing.T) {
	t.Parallel()
	l := mustLab(t)
	near, far := mustActor(t, l.Near, lab.ActorOptions{Name: "near"}), mustActor(t, l.Far(), lab.ActorOptions{Name: "far"})
	k := lab.Keepalive{On: true, Idle: 2 * time.Second, Interval: time.Second, Count: 2}
	s := newStation(t, l.Near)
	log := filepath.Join(t.TempDir(), "events.jsonl")
	cmd := s.command("events raddr:" + lab.FarAddr4.String() + " --log " + log)
	var stdout strings.Builder
	cmd.Stdout = &stdout
	p, err := l.Near.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	logs := func(text string) bool {
		now, _ := os.ReadFile(log) //nolint:gosec // of this test
		return strings.Contains(string(now), text)
	}
	// What is there when it starts has not happened: it is opened until that is told.
	var opened *lab.Socket
	for port := uint16(7001); opened == nil && port < 7051; port++ {
		dialed, _ := mustPair(t, near, far, netip.AddrPortFrom(lab.FarAddr4, port), lab.Options{Keepalive: k})
		time.Sleep(200 * time.Millisecond)
		if logs(`"event":"opened"`) {
			opened = dialed
		}
	}
	if opened == nil {
		t.Fatal("no opening was told")
	}
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); !logs(`"event":"died","cause":"keepalive-timeout"`); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no death was told")
		}
	}
	if err := syscall.Kill(p.PID(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("SIGINT: %v", err)
	}
	if !strings.Contains(stdout.String(), "keepalive-timeout") || !strings.Contains(stdout.String(), "near/"+strconv.Itoa(opened.PID)) {
		t.Errorf("printed:\n%s", &stdout)
	}
}
