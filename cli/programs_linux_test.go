package cli

import (
	"encoding/json"
	"net/netip"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// The ports on which the programs are met. Each has one connection.
const (
	goPort     = 7101 // of the peer: the Go program dials
	pythonPort = 7102
	redisPort  = 7103
	nginxPort  = 7104
)

// TestRunningPrograms gives real programs, which are not asked, the keepalive
// that they forgot: their own getsockopt sees it, the kernel's timer runs, undo
// takes each step back, and when the packets get lost the owner gets ETIMEDOUT
// at the time that katop said.
func TestRunningPrograms(t *testing.T) {
	t.Parallel()
	l := mustLab(t)
	s := newStation(t, l.Near)
	p := startPrograms(t, l, s)
	filter := " state:estab raddr:10.9.1.2 --yes"
	untouched := p.owners()

	p.expect(s.act(0, "keepalive on --params 20:5:4 --user-timeout 45s"+filter), "done")
	p.sees("on 20 5 4 45000")
	p.timerRuns(20 * time.Second)
	p.expect(s.act(0, "keepalive set --params 2:1: --user-timeout off"+filter), "done")
	p.sees("on 2 1 4 0")
	p.timerRuns(2 * time.Second)
	p.expect(s.act(0, "keepalive set --params 2:1: --user-timeout off"+filter), "unchanged")
	p.expect(s.act(0, "undo --yes"), "done")
	p.sees("on 20 5 4 45000")
	p.expect(s.act(0, "undo --yes"), "done")
	for port, before := range untouched {
		if now := p.owners()[port]; now != before {
			t.Errorf("port %d: after undo its owner has %s, before it had %s", port, now, before)
		}
	}
	if r := s.call(s.command("undo --yes")); r.code != 1 || !strings.Contains(r.stderr, "nothing to undo") {
		t.Errorf("a third undo: exit code %d, stderr %q", r.code, r.stderr)
	}

	// Ten seconds from the first probe to the end: on a busy machine all of them
	// are asked in that time.
	p.expect(s.act(0, "keepalive on --params 2:2:5"+filter), "done")
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	p.dieAsForetold()
}

// programs are the running programs, in the near namespace of a lab, with one
// connection each to a peer.
type programs struct {
	t      *testing.T
	lab    *lab.Lab
	s      *station
	dialed *lab.Socket // of the Go program
	python *pythonProgram
	ports  []uint16 // of the remote ends
}

func startPrograms(t *testing.T, l *lab.Lab, s *station) *programs {
	t.Helper()
	p := &programs{t: t, lab: l, s: s}
	near, far := mustActor(t, l.Near, lab.ActorOptions{Name: "go"}), mustActor(t, l.Far(), lab.ActorOptions{Name: "peer"})
	p.dialed, _ = mustPair(t, near, far, netip.AddrPortFrom(lab.FarAddr4, goPort), lab.Options{})
	p.ports = append(p.ports, goPort)
	for _, one := range []struct {
		port  uint16
		start func(t *testing.T, ns *lab.Namespace) bool
	}{
		{pythonPort, p.startPython},
		{redisPort, startRedis},
		{nginxPort, startNginx},
	} {
		if !one.start(t, l.Near) {
			continue
		}
		addr := netip.AddrPortFrom(lab.NearAddr4, one.port)
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			// The peer's own port has the same number: it names the connection.
			_, err := far.Dial(addr, lab.Options{Bind: netip.AddrPortFrom(lab.FarAddr4, one.port)})
			if err == nil {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("port %d: %v", one.port, err)
			}
		}
		p.ports = append(p.ports, one.port)
	}
	// A server's accept(2) comes when it likes.
	for end := time.Now().Add(10 * time.Second); len(p.owners()) != len(p.ports); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not all connections were accepted: %v", p.owners())
		}
	}
	return p
}

// listing is katop list -o json in the near namespace, by port.
func (p *programs) listing() (at time.Time, byPort map[uint16]foretold) {
	p.t.Helper()
	r := p.s.call(p.s.command("list -o json raddr:10.9.1.2"))
	var list struct {
		At          time.Time
		Connections []foretold
	}
	if err := json.Unmarshal([]byte(r.stdout), &list); err != nil {
		p.t.Fatalf("%v: %q %q", err, r.stdout, r.stderr)
	}
	byPort = map[uint16]foretold{}
	for _, c := range list.Connections {
		byPort[c.Remote.Port] = c
	}
	return list.At, byPort
}

// foretold is what a list says of a connection.
type foretold struct {
	State     string
	Remote    endpoint
	Cookie    uint64
	Owners    []struct{ PID int }
	Keepalive struct {
		options
		DiesInMS *int64 `json:"dies_in_ms"`
	}
}

// owners is what the owner of each connection says of its options: itself where
// it can be asked, and katop for redis and nginx.
func (p *programs) owners() map[uint16]string {
	p.t.Helper()
	all := map[uint16]string{}
	_, listed := p.listing()
	for port, c := range listed {
		if len(c.Owners) == 1 {
			all[port] = c.Keepalive.String()
		}
	}
	if len(all) < len(p.ports) {
		return all
	}
	own := map[uint16]string{goPort: said(p.t, p.dialed)}
	if p.python != nil {
		own[pythonPort] = p.python.say(p.t, "options")
	}
	for port, options := range own {
		if all[port] != options {
			p.t.Errorf("port %d: its owner has %s, katop lists %s", port, options, all[port])
		}
		all[port] = options
	}
	return all
}

func (p *programs) expect(results map[uint16]acted, outcome string) {
	p.t.Helper()
	if len(results) != len(p.ports) {
		p.t.Errorf("%d results, want %d", len(results), len(p.ports))
	}
	for _, port := range p.ports {
		if results[port].Outcome != outcome {
			p.t.Errorf("port %d: %+v, want %s", port, results[port], outcome)
		}
	}
}

func (p *programs) sees(want string) {
	p.t.Helper()
	owners := p.owners()
	for _, port := range p.ports {
		if owners[port] != want {
			p.t.Errorf("port %d: its owner has %s, want %s", port, owners[port], want)
		}
	}
}

var keepaliveTimer = regexp.MustCompile(`timer:\(keepalive,(?:([0-9.]+)(min|sec|ms))?,`)

// timerRuns holds that ss shows a keepalive timer for each connection that fires
// within idle.
func (p *programs) timerRuns(idle time.Duration) {
	p.t.Helper()
	path, ok := installed(p.t, "ss")
	if !ok {
		return
	}
	r := p.s.call(exec.CommandContext(p.t.Context(), path, "-tnoH", "state", "established"))
	timers := 0
	for line := range strings.Lines(r.stdout) {
		found := keepaliveTimer.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		timers++
		if found[1] == "" {
			continue // it fires at this moment
		}
		unit := map[string]string{"min": "m", "sec": "s", "ms": "ms"}[found[2]]
		left, err := time.ParseDuration(found[1] + unit)
		if err != nil || left > idle {
			p.t.Errorf("timer of %v, want at most %v: %s", left, idle, line)
		}
	}
	if timers != len(p.ports) {
		p.t.Errorf("%d keepalive timers, want %d:\n%s", timers, len(p.ports), r.stdout)
	}
}

// dieAsForetold waits until probes are unanswered, asks katop when each
// connection dies, and holds that against its owner's ETIMEDOUT; where the owner
// cannot be asked, against when the connection leaves the kernel's tables.
func (p *programs) dieAsForetold() {
	p.t.Helper()
	var at time.Time
	var said map[uint16]foretold
	for end := time.Now().Add(20 * time.Second); !p.allForetold(said); at, said = p.listing() {
		if time.Now().After(end) {
			p.t.Fatalf("katop does not say when they die: %+v", said)
		}
	}
	type end struct {
		death lab.Death
		err   error
	}
	ended := make(chan end, 1)
	go func() {
		death, err := p.dialed.AwaitError(30 * time.Second)
		ended <- end{death, err}
	}()
	python := p.python.awaitEnd(p.t)
	cookies := make([]uint64, 0, len(said))
	for _, port := range p.ports {
		cookies = append(cookies, said[port].Cookie)
	}
	seen, err := watch(p.t.Context(), p.lab.Near, cookies, 20*time.Second)
	if err != nil {
		p.t.Fatal(err)
	}
	died := map[uint16]time.Time{}
	for _, port := range p.ports {
		if last := seen[said[port].Cookie]; len(last) > 0 {
			died[port] = last[len(last)-1].at
		}
	}
	own := <-ended
	if own.err != nil || own.death.Errno != syscall.ETIMEDOUT {
		p.t.Errorf("the Go program got %v, %v; want ETIMEDOUT", own.death.Errno, own.err)
	}
	died[goPort] = own.death.At
	if errno, when, ok := python(); ok {
		if errno != syscall.ETIMEDOUT {
			p.t.Errorf("the Python program got %v, want ETIMEDOUT", errno)
		}
		died[pythonPort] = when
	}
	for _, port := range p.ports {
		want := at.Add(time.Duration(*said[port].Keepalive.DiesInMS) * time.Millisecond)
		off := died[port].Sub(want)
		p.t.Logf("port %d: died %v beside the time that katop said", port, off)
		if off.Abs() > forecastError {
			p.t.Errorf("port %d: died %v beside the time that katop said", port, off)
		}
	}
}

// allForetold tells whether katop says of each connection when it dies.
func (p *programs) allForetold(said map[uint16]foretold) bool {
	for _, port := range p.ports {
		if c, there := said[port]; !there || c.Keepalive.DiesInMS == nil {
			return false
		}
	}
	return true
}
