package conn

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// busyHost has n sockets in TIME-WAIT towards 10.0.9.4:9092, of which fresh came
// in the last ten seconds and going go in the next ten, and one open there.
func busyHost(n, fresh, going int, sysctls Sysctls) *Snapshot {
	s := whole()
	s.Namespaces[0].Sysctls = sysctls
	s.Namespaces[0].Sockets = SocketStat{TimeWait: n, Known: true}
	for i := range n {
		c := end(hostNS, uint64(i+1), StateTimeWait, fmt.Sprintf("10.0.0.5:%d", 40000+i), "10.0.9.4:9092")
		c.Timer, c.TCP, c.Inode = Timer{Kind: TimerTimeWait, Expires: 30 * sec}, TCP{}, 0
		switch {
		case i < fresh:
			c.Timer.Expires = 55 * sec
		case i < fresh+going:
			c.Timer.Expires = 5 * sec
		}
		s.Connections = append(s.Connections, c)
	}
	open := end(hostNS, 99_999, StateEstablished, "10.0.0.5:60001", "10.0.9.4:9092")
	open.Owners = []Owner{{PID: 42, Name: "java"}}
	s.Connections = append(s.Connections, open)
	return s
}

// sysctlsOfRange are those of a host with 21 000 ephemeral ports.
var sysctlsOfRange = Sysctls{PortRange: [2]uint16{40000, 60999}, MaxTimeWait: 1000, Known: true}

func TestTimeWaitsOf(t *testing.T) {
	t.Parallel()
	s := busyHost(30, 10, 5, sysctlsOfRange)
	served := end(hostNS, 1000, StateTimeWait, "10.0.0.5:443", "192.0.2.7:50000")
	served.Timer = Timer{Kind: TimerTimeWait, Expires: 59 * sec}
	other := end(hostNS, 1001, StateTimeWait, "[::ffff:10.0.0.5]:50000", "[::ffff:10.0.9.5]:80")
	other.Timer = Timer{Kind: TimerTimeWait, Expires: 30 * sec}
	listened := end(hostNS, 1002, StateTimeWait, "10.0.0.5:45000", "192.0.2.7:50000") // a service on a port of the range
	s.Connections = append(s.Connections, served, other, listened, listen(hostNS, "0.0.0.0:45000", 0, 1),
		end(hostNS, 1003, StateEstablished, "10.0.0.5:50001", "10.0.9.6:80")) // nothing of it is in TIME-WAIT
	want := TimeWaits{
		Use: []TimeWaitUse{{NetNS: NetNS{Inode: hostNS}, Count: 30, Limit: 1000, Known: true}},
		Destinations: []PortUse{
			{
				Destination: Destination{hostNS, netip.MustParseAddr("10.0.0.5"), netip.MustParseAddrPort("10.0.9.4:9092")},
				TimeWait:    Flow{Count: 30, Fresh: 10, Going: 5}, Taken: 31, Ports: 21000,
			},
			{
				Destination: Destination{hostNS, netip.MustParseAddr("10.0.0.5"), netip.MustParseAddrPort("10.0.9.5:80")},
				TimeWait:    Flow{Count: 1}, Taken: 1, Ports: 21000,
			},
		},
		Services: []ServiceWaits{
			{NetNS: hostNS, Port: 443, TimeWait: Flow{Count: 1, Fresh: 1}},
			{NetNS: hostNS, Port: 45000, TimeWait: Flow{Count: 1, Going: 1}},
		},
	}
	same := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	samePort := cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
	if diff := cmp.Diff(want, TimeWaitsOf(s), same, samePort); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPortUse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		use       PortUse
		percent   float64
		known     bool
		exhausted time.Duration // -1: it does not run out
	}{
		{"range not known", PortUse{Taken: 5}, 0, false, -1},
		{"a quarter, steady", PortUse{Taken: 250, Ports: 1000, TimeWait: Flow{Count: 250, Fresh: 40, Going: 40}}, 25, true, -1},
		{"growing, and levels off below the range", PortUse{Taken: 250, Ports: 1000, TimeWait: Flow{Count: 250, Fresh: 100}}, 25, true, -1},
		{"growing by 20 a second, 750 left", PortUse{Taken: 250, Ports: 1000, TimeWait: Flow{Count: 250, Fresh: 200}}, 25, true, 37500 * time.Millisecond},
		{"growing by 20, 5 go", PortUse{Taken: 250, Ports: 1000, TimeWait: Flow{Count: 250, Fresh: 200, Going: 50}}, 25, true, 50 * sec},
		{"those that are open take ports, too", PortUse{Taken: 650, Ports: 1000, TimeWait: Flow{Count: 250, Fresh: 100}}, 65, true, 35 * sec},
		{"all gone", PortUse{Taken: 1000, Ports: 1000, TimeWait: Flow{Count: 900}}, 100, true, 0},
		{"the kernel takes them back", PortUse{Taken: 1000, Ports: 1000, TimeWait: Flow{Count: 900, Fresh: 400}, Reusable: true}, 10, true, -1},
		{
			"those that a program bound take none of the range",
			PortUse{Taken: 250, Ports: 1000, TimeWait: Flow{Count: 5250, Fresh: 5200}, Bound: Flow{Count: 5000, Fresh: 5000}}, 25, true, 37500 * time.Millisecond,
		},
		{"it takes back none that are open", PortUse{Taken: 1000, Ports: 1000, Reusable: true}, 100, true, 0},
	} {
		percent, known := tt.use.Percent()
		if percent != tt.percent || known != tt.known {
			t.Errorf("%s: %v %%, %v; want %v, %v", tt.name, percent, known, tt.percent, tt.known)
		}
		exhausted, runsOut := tt.use.ExhaustedIn()
		if !runsOut {
			exhausted = -1
		}
		if exhausted != tt.exhausted {
			t.Errorf("%s: exhausted in %v, want %v", tt.name, exhausted, tt.exhausted)
		}
	}
}

func TestTimeWaitReuse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		reuse  int
		remote string
		want   bool
	}{{0, "127.0.0.1:80", false}, {1, "10.0.0.2:80", true}, {2, "10.0.0.2:80", false}, {2, "127.0.0.1:80", true}} {
		s := whole(end(hostNS, 1, StateTimeWait, "127.0.0.1:40000", tt.remote))
		s.Namespaces[0].Sysctls = Sysctls{PortRange: [2]uint16{32768, 60999}, TimeWaitReuse: tt.reuse, Known: true}
		if got := TimeWaitsOf(s).Destinations[0].Reusable; got != tt.want {
			t.Errorf("tcp_tw_reuse %d towards %s: %v, want %v", tt.reuse, tt.remote, got, tt.want)
		}
	}
}

// TestBoundPorts holds that a client that binds its own ports is one, and takes
// none of those that the kernel hands out.
func TestBoundPorts(t *testing.T) {
	t.Parallel()
	s := busyHost(30, 0, 0, sysctlsOfRange)
	for i := range 20 {
		c := end(hostNS, uint64(1000+i), StateTimeWait, fmt.Sprintf("10.0.0.5:%d", 20000+i), "10.0.9.4:9092")
		s.Connections = append(s.Connections, c)
	}
	waits := TimeWaitsOf(s)
	if len(waits.Services) != 0 || len(waits.Destinations) != 1 {
		t.Fatalf("%+v, want one destination", waits)
	}
	if use := waits.Destinations[0]; use.TimeWait.Count != 50 || use.Bound.Count != 20 || use.Taken != 31 {
		t.Errorf("%+v, want 50 in TIME-WAIT, 20 of them bound, 31 ports taken", use)
	}
}

// TestFinWait2IsCounted holds that those are told apart that the kernel counts
// with TIME-WAIT and shows in FIN-WAIT-2: the stubs of orphans, not what still has
// a socket.
func TestFinWait2IsCounted(t *testing.T) {
	t.Parallel()
	s := busyHost(3, 0, 0, sysctlsOfRange)
	for i, kind := range []TimerKind{TimerTimeWait, TimerTimeWait, TimerFinWait, TimerKeepalive} {
		c := end(hostNS, uint64(1000+i), StateFinWait2, fmt.Sprintf("10.0.0.5:%d", 50000+i), "10.0.9.5:80")
		c.Timer.Kind = kind
		s.Connections = append(s.Connections, c)
	}
	s.Namespaces[0].Sockets.TimeWait = 5
	want := []TimeWaitUse{{NetNS: NetNS{Inode: hostNS}, Count: 5, Limit: 1000, FinWait2: 2, Known: true}}
	if diff := cmp.Diff(want, TimeWaitsOf(s).Use); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUnknownUseLast holds that a destination of which no number of ports is
// known stands behind those that fill up.
func TestUnknownUseLast(t *testing.T) {
	t.Parallel()
	s := busyHost(3, 0, 0, sysctlsOfRange)
	for i := range 100 {
		s.Connections = append(s.Connections, end(podNS, uint64(i+1), StateTimeWait, fmt.Sprintf("10.0.0.6:%d", 50000+i), "10.0.9.5:80"))
	}
	uses := TimeWaitsOf(s).Destinations
	if len(uses) != 2 || uses[0].Ports != 21000 || uses[1].Ports != 0 || uses[1].Taken != 100 {
		t.Errorf("%+v", uses)
	}
}

// TestRoles holds who opened a connection, by its row in a snapshot.
func TestRoles(t *testing.T) {
	t.Parallel()
	several := func(n int, local, remote string) (conns []Connection) {
		for i := range n {
			c := end(hostNS, uint64(i+10), StateTimeWait, "10.0.0.1:1", "10.0.0.2:1")
			numbered := strings.NewReplacer("NNNN", fmt.Sprintf("%04d", i), "N", fmt.Sprint(i))
			c.Local, c.Remote = netip.MustParseAddrPort(numbered.Replace(local)), netip.MustParseAddrPort(numbered.Replace(remote))
			conns = append(conns, c)
		}
		return conns
	}
	one := func(netns uint64, local, remote string) []Connection {
		return []Connection{end(netns, 1, StateEstablished, local, remote)}
	}
	for _, tt := range []struct {
		name  string
		conns []Connection // the first is asked for
		want  bool
	}{
		{"from a port of the range", one(hostNS, "10.0.0.1:50000", "10.0.0.2:443"), true},
		{"both of the range", one(hostNS, "10.0.0.1:50000", "10.0.0.2:50001"), true},
		{"listened on", one(hostNS, "10.0.0.1:443", "10.0.0.2:50000"), false},
		{"listened on, in the range", one(hostNS, "10.0.0.1:45000", "10.0.0.2:80"), false},
		{"from a reserved port that was bound", one(hostNS, "10.0.0.1:999", "10.0.0.2:2049"), true},
		{"from a port that was bound", one(hostNS, "10.0.0.1:20000", "10.0.0.2:9092"), true},
		{"from bound ports to one server", several(50, "10.0.0.1:2NNNN", "10.0.0.2:39092"), true},
		{"of a listener that has gone, not of the range", one(hostNS, "10.0.0.1:5432", "10.0.0.2:50000"), false},
		{"the same, from beyond the range", one(hostNS, "10.0.0.1:5432", "10.0.0.2:62000"), false},
		{"the same, many from below the range", several(50, "10.0.0.1:5432", "10.0.0.2:2NNNN"), false},
		{"range not known, the higher port", one(podNS, "10.0.0.1:45000", "10.0.0.2:80"), true},
		{"range not known, the lower port", one(podNS, "10.0.0.1:80", "10.0.0.2:45000"), false},
		{"many to one server", several(50, "10.0.0.1:5NNNN", "10.0.0.2:44300"), true},
		{"many to many servers of one port", several(50, "10.0.0.1:5NNNN", "10.0.1.N:44300"), true},
		{"many to the same server from one port and others", append(one(hostNS, "10.0.0.1:50000", "10.0.1.9:44300"), several(50, "10.0.0.1:5NNNN", "10.0.0.2:44300")...), true},
		{"of a listener that has gone", several(2, "10.0.0.1:45001", "10.0.0.2:5NNNN"), false},
		{"of a listener that has gone, behind a NAT", several(50, "10.0.0.1:45001", "10.0.0.2:2NNNN"), false},
	} {
		s := whole(append(tt.conns, listen(hostNS, "0.0.0.0:443", 0, 1), listen(hostNS, "0.0.0.0:45000", 0, 1))...)
		s.Namespaces[0].Sysctls = sysctlsOfRange
		if got := rolesOf(s)[0]; got != tt.want {
			t.Errorf("%s: opened here %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestTimeWaitOfLostListener holds that what a service has left is the service's
// when it listens no more.
func TestTimeWaitOfLostListener(t *testing.T) {
	t.Parallel()
	s := busyHost(30, 0, 0, sysctlsOfRange)
	for i := range 20 {
		c := end(hostNS, uint64(i+1000), StateTimeWait, "10.0.0.5:45678", fmt.Sprintf("192.0.2.7:%d", 41000+i))
		s.Connections = append(s.Connections, c)
	}
	waits := TimeWaitsOf(s)
	if len(waits.Destinations) != 1 || waits.Destinations[0].Taken != 31 {
		t.Errorf("destinations %+v, want one alone with 31 ports", waits.Destinations)
	}
	if len(waits.Services) != 1 || waits.Services[0].Port != 45678 || waits.Services[0].TimeWait.Count != 20 {
		t.Errorf("services %+v, want 20 of port 45678", waits.Services)
	}
}
