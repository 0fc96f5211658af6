//go:build linux

package collector_test

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// burner is a client that burns through the ports towards one address.
type burner struct {
	*player
	to      netip.AddrPort
	over    chan done // no port is left
	opened  int       // connections, when it is over; 0 until then
	ends    int       // told
	warned  int       // refreshes that had the finding
	highest float64   // percent
	soon    string    // the first title that foretold it
	began   time.Time
	lasted  time.Duration
}

func startBurner(s *scene) *burner {
	s.t.Helper()
	p, err := play(s.lab.Near, part{Role: "burn"})
	s.must(err)
	b := &burner{player: p, to: netip.AddrPortFrom(routerAddr4, burnPort), over: make(chan done, 1), began: time.Now()}
	go func() {
		if d, err := p.done(); err == nil {
			b.lasted = time.Since(b.began)
			b.over <- d
		}
	}()
	return b
}

// seen tells whether the refreshes have shown it all.
func (b *burner) seen() bool {
	if b.opened == 0 {
		select {
		case d := <-b.over:
			b.opened = d.Router
		default:
		}
		return false
	}
	return b.highest > 99
}

// check holds the ports in use against the sockets in TIME-WAIT that
// /proc/net/tcp counts before and after.
func (b *burner) check(s *scene, snapshot *conn.Snapshot, before, after procTable) {
	const ports = lastPort - firstPort + 1
	low, high := before.count(procTimeWait, b.to), after.count(procTimeWait, b.to)
	low, high = min(low, high), max(low, high)+1 // one may be open
	percent, told := 0.0, false
	for _, use := range conn.TimeWaitsOf(snapshot).Destinations {
		if use.Destination.Remote != b.to {
			continue
		}
		// A port that is used towards more destinations than this one has
		// connections is taken for a service's.
		if many := low > 50; many && (use.Taken < low || use.Taken > high) || use.Ports != ports {
			s.complain("%d of %d ports are in use towards %v, want %d to %d of %d", use.Taken, use.Ports, b.to, low, high, ports)
		}
		percent, _ = use.Percent()
	}
	b.highest = max(b.highest, percent)
	th := conn.DefaultThresholds()
	for _, f := range conn.Findings(snapshot, &th, conn.Params{Idle: time.Minute, Interval: time.Second, Count: 3}) {
		if f.Kind != conn.FindingPorts {
			continue
		}
		if to := towards.FindStringSubmatch(f.Title); to == nil || to[1] != b.to.String() {
			b.checkOther(s, f.Title, to)
			continue
		}
		told = true
		severity := conn.SeverityWarning
		if percent >= 90 {
			severity = conn.SeverityCritical
		}
		want := fmt.Sprintf("TIME-WAIT: %.0f %% of the ports towards %v are used", percent, b.to)
		if !strings.HasPrefix(f.Title, want) || f.Severity != severity {
			s.complain("ports: %v %q, want %v %q", f.Severity, f.Title, severity, want)
		}
		if b.soon == "" && strings.Contains(f.Title, "exhausted in") {
			b.soon = f.Title
		}
		b.warned++
	}
	if told != (percent >= 60) {
		s.complain("%.0f %% of the ports are used; a finding tells so: %v", percent, told)
	}
}

// towards finds the destination in the title of a finding.
var towards = regexp.MustCompile(`towards (\S+) are used`)

// checkOther holds that another destination that is said to be nearly full is so:
// the healthy ones fill a part of the range, too. They stay open, so that a later
// look at /proc tells.
func (b *burner) checkOther(s *scene, title string, to []string) {
	if to == nil {
		s.complain("ports: %q names no destination", title)
		return
	}
	remote, err := netip.ParseAddrPort(to[1])
	s.must(err)
	const ports = lastPort - firstPort + 1
	want := fmt.Sprintf("open connections: %.0f %% of the ports towards %v are used", 100*float64(s.portsInProc(remote))/ports, remote)
	if !strings.HasPrefix(title, want) {
		s.complain("ports: %q, want %q", title, want)
	}
}

func (b *burner) account(s *scene) {
	if b.ends != b.opened || b.warned == 0 {
		s.complain("%d connections were burnt, %d ends told, %d findings", b.opened, b.ends, b.warned)
	}
	s.t.Logf("%d ports burnt in %v, %.0f %% at the highest, %d findings; the first forecast: %q",
		b.opened, b.lasted.Round(time.Millisecond), b.highest, b.warned, b.soon)
}

// flood is 200 handshakes whose SYN-ACK is lost, and three more at a listener
// whose accept queue is full.
type flood struct {
	listeners [2]*lab.Socket
	checked   int
}

const (
	floodSize = 200
	fullSize  = 3
	fullLimit = 4 // of the accept queue: it holds one more (include/net/sock.h, sk_acceptq_is_full)
)

func startFlood(s *scene) *flood {
	s.t.Helper()
	f := &flood{}
	client := startActor(s.t, s.lab.Far(), "flood")
	for i, o := range []struct {
		port    uint16
		backlog int
		size    int
	}{{floodPort, 0, floodSize}, {fullPort, fullLimit, fullSize}} {
		at := netip.AddrPortFrom(lab.NearAddr4, o.port+uint16(s.rounds))
		s.must(s.lab.ForgetPort(at.Port(), lab.NearToFar))
		var err error
		f.listeners[i], err = s.service.Listen(at, lab.Options{Backlog: o.backlog})
		s.must(err)
		for range o.size {
			_, err := client.StartDial(at, lab.Options{})
			s.must(err)
		}
		// A SYN that is sent again is answered, too, which /proc does not count.
		s.must(s.lab.ForgetPort(at.Port(), lab.FarToNear))
	}
	_, err := s.pool.DialMany(f.listeners[1].Local, fullLimit+1, lab.Options{})
	s.must(err)
	return f
}

// has tells whether a connection is one of the handshakes, of this round or of
// one before.
func (f *flood) has(c *conn.Connection) bool {
	port := c.Local.Port()
	return c.State == conn.StateSynRecv && port >= floodPort && port < fullPort+routeSpan
}

func (f *flood) seen() bool { return f.checked > 3 }

func (f *flood) end() error { return errors.Join(f.listeners[0].Close(), f.listeners[1].Close()) }

// check holds the handshakes against /proc/net/tcp.
func (f *flood) check(s *scene, snapshot *conn.Snapshot, before, after procTable) {
	f.checked++
	th := conn.DefaultThresholds()
	found := map[uint16]int{}
	for i := range snapshot.Connections {
		c := &snapshot.Connections[i]
		port := c.Local.Port()
		if c.State != conn.StateSynRecv || port != f.listeners[0].Local.Port() && port != f.listeners[1].Local.Port() {
			continue
		}
		found[port]++
		ends := [2]netip.AddrPort{c.Local, c.Remote}
		low, high := before[ends], after[ends]
		want, tail := judged(conn.VerdictEmbryonic, conn.SeverityNotice), ""
		if port == f.listeners[1].Local.Port() {
			want, tail = judged(conn.VerdictEmbryonic, conn.SeverityWarning), ", the accept queue is full"
		}
		got := conn.Judge(c, &th)
		evidence := conn.Evidence(c, got, &th)
		fits := false
		for n := low.retries; n <= high.retries; n++ {
			fits = fits || evidence == fmt.Sprintf("handshake not finished, SYN-ACK sent %d×%s", n+1, tail)
		}
		if low.state != procSynRecv || high.state != procSynRecv || got != want || !fits {
			s.complain("SYN-RECV, %v: %v %v %q, want %v; /proc/net/tcp has %+v, and then %+v", c.Remote, got.Verdict, got.Severity, evidence, want.Severity, low, high)
		}
	}
	for i, l := range conn.Listeners(snapshot) {
		c := &snapshot.Connections[l.Row]
		for k, want := range []int{floodSize, fullSize} {
			if c.Local != f.listeners[k].Local {
				continue
			}
			if l.ByState[conn.StateSynRecv] != want || found[c.Local.Port()] != want || l.Full() != (k == 1) {
				s.complain("listener %d: %d in SYN-RECV, %d shown, full %v; want %d, full %v",
					i, l.ByState[conn.StateSynRecv], found[c.Local.Port()], l.Full(), want, k == 1)
			}
		}
	}
}
