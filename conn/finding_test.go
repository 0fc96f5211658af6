package conn

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// text writes a finding as somebody reads it.
func (f *Finding) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%v, %v, %s\nfilter: %s\n\n%s\n", f.Title, f.Kind, f.Severity, HowMany(len(f.Members), "connection"), f.Filter, f.Advice)
	for _, r := range f.Remedies {
		fmt.Fprintf(&b, "\n[%s]\n%s\n", r.Name, r.Text)
	}
	return b.String()
}

// fault is n connections of a program, each changed. The side with the higher
// port is the client: it takes another one for each.
func fault(n int, program, local, remote string, change func(i int, c *Connection)) []Connection {
	conns := make([]Connection, n)
	for i := range conns {
		c := established(params(300, 30, 3), 0, 10*sec, Timer{Kind: TimerKeepalive})
		address := end(hostNS, uint64(i+1), StateEstablished, local, remote)
		client := &address.Local
		if client.Port() < address.Remote.Port() {
			client = &address.Remote
		}
		*client = netip.AddrPortFrom(client.Addr(), client.Port()+uint16(i))
		c.NetNS, c.Cookie, c.Family, c.Inode = address.NetNS, address.Cookie, address.Family, 1
		c.Local, c.Remote = address.Local, address.Remote
		if program != "" {
			c.Owners = []Owner{{PID: 42, FD: int32(i + 3), Name: program}}
		}
		change(i, &c)
		conns[i] = c
	}
	return conns
}

func keepaliveOff(silent time.Duration) func(int, *Connection) {
	return func(i int, c *Connection) {
		c.Keepalive, c.Timer = Keepalive{State: KeepaliveOff, Source: SourceRead}, Timer{}
		c.TCP.LastAckRecv = silent - time.Duration(i)*sec
	}
}

func keepaliveOf(p Params) func(int, *Connection) {
	return func(_ int, c *Connection) { c.Keepalive.Params = p }
}

// found are the findings of a kind over the connections of one host.
func found(t *testing.T, kind FindingKind, s *Snapshot) []Finding {
	t.Helper()
	th := DefaultThresholds()
	var of []Finding
	for _, f := range Findings(s, &th, params(300, 30, 3)) {
		if f.Kind == kind {
			of = append(of, f)
		}
	}
	return of
}

// onHost is a snapshot of the namespace that the host's services are in.
func onHost(conns []Connection) *Snapshot {
	s := whole(conns...)
	s.Namespaces[0].NetNS.Name = hostName
	for i := range conns {
		conns[i].NetNS.Name = hostName
	}
	return s
}

// checkFilter holds that the filter of a finding matches all its members, and
// that they are connections of the snapshot, each once.
func checkFilter(t *testing.T, s *Snapshot, f *Finding) {
	t.Helper()
	filter, err := ParseFilter(f.Filter)
	if err != nil {
		t.Errorf("%s: filter %q: %v", f.Title, f.Filter, err)
		return
	}
	if (f.Filter == "") != (len(f.Members) == 0) {
		t.Errorf("%s: filter %q for %d connections", f.Title, f.Filter, len(f.Members))
	}
	rows := slices.Clone(f.Members)
	slices.Sort(rows)
	if len(slices.Compact(rows)) != len(f.Members) {
		t.Errorf("%s: a connection stands there twice", f.Title)
	}
	checkKill(t, s, f)
	for _, row := range f.Members {
		if c := &s.Connections[row]; !filter.Match(c) {
			t.Errorf("%s: %q does not match %v to %v of %v", f.Title, f.Filter, c.Local, c.Remote, c.Owners)
			return
		}
	}
}

// TestFindingsOfManyHosts holds over made-up hosts that each finding opens its
// connections, that they stand in order and that they come out the same twice.
func TestFindingsOfManyHosts(t *testing.T) {
	t.Parallel()
	th := DefaultThresholds()
	for seed := range uint64(20) {
		s := plausible(3000, seed)
		s.Namespaces[0].Sysctls = Sysctls{Keepalive: kernelDefaults(), PortRange: [2]uint16{32768, 32800}, Known: true}
		for i := range s.Connections {
			if c := &s.Connections[i]; i%7 == 0 {
				c.MirrorGone = c.State == StateEstablished
			}
		}
		findings := Findings(s, &th, params(300, 30, 3))
		if len(findings) < 10 {
			t.Fatalf("seed %d: only %d findings", seed, len(findings))
		}
		again := Findings(s, &th, params(300, 30, 3))
		for i := range findings {
			f := &findings[i]
			checkFilter(t, s, f)
			if i > 0 && findings[i-1].Severity < f.Severity {
				t.Errorf("seed %d: %q stands before %q", seed, findings[i-1].Title, f.Title)
			}
			if f.Title != again[i].Title {
				t.Errorf("seed %d: %q and then %q", seed, f.Title, again[i].Title)
			}
			if len(f.Remedies) == 0 && f.Kind != FindingCloseWait || f.Advice == "" || strings.Contains(f.Title, "\n") {
				t.Errorf("seed %d: incomplete: %+v", seed, f)
			}
		}
	}
}

// TestNoFindings holds that a healthy host is left in peace.
func TestNoFindings(t *testing.T) {
	t.Parallel()
	healthy := func(int, *Connection) {}
	general := Sysctls{Keepalive: params(300, 30, 3), PortRange: [2]uint16{32768, 60999}, Known: true}
	for _, tt := range []struct {
		name   string
		conns  []Connection
		change func(*Snapshot)
	}{
		{"nothing there", nil, func(*Snapshot) {}},
		{"guarded", fault(5, "nginx", "10.0.0.5:443", "192.0.2.7:50000", healthy), func(*Snapshot) {}},
		{"a heartbeat instead of keepalive", fault(5, "nginx", "10.0.0.5:443", "192.0.2.7:50000", func(i int, c *Connection) {
			keepaliveOff(time.Hour)(i, c)
			c.Heartbeat = 30 * sec
		}), func(*Snapshot) {}},
		{"a user timeout instead of keepalive", fault(5, "nginx", "10.0.0.5:443", "192.0.2.7:50000", func(i int, c *Connection) {
			keepaliveOff(time.Hour)(i, c)
			c.Keepalive.UserTimeout = 30 * sec
		}), func(*Snapshot) {}},
		{"CLOSE-WAIT since a moment", fault(5, "java", "10.0.0.5:443", "192.0.2.7:50000", func(_ int, c *Connection) { c.State = StateCloseWait }), func(*Snapshot) {}},
		{"a few that probe often", fault(5, "java", "10.0.0.5:443", "192.0.2.7:50000", keepaliveOf(params(1, 1, 3))), func(*Snapshot) {}},
		{"no middlebox on loopback", fault(5, "java", "127.0.0.1:443", "127.0.0.1:50000", keepaliveOf(params(400, 30, 3))), func(*Snapshot) {}},
		{"keepalive not known", fault(5, "java", "10.0.0.5:443", "192.0.2.7:50000", func(_ int, c *Connection) { c.Keepalive = Keepalive{} }), func(*Snapshot) {}},
		{"TIME-WAIT of half the ports", nil, func(s *Snapshot) { *s = *busyHost(10000, 10, 10, sysctlsOfRange) }},
		{"TIME-WAIT whose ports are taken back", nil, func(s *Snapshot) {
			sysctls := sysctlsOfRange
			sysctls.TimeWaitReuse = 1
			*s = *busyHost(20000, 10, 10, sysctls)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := whole(tt.conns...)
			s.Namespaces[0].Sysctls = general
			tt.change(s)
			th := DefaultThresholds()
			for _, f := range Findings(s, &th, params(300, 30, 3)) {
				t.Errorf("%v: %s", f.Kind, f.Title)
			}
		})
	}
}
