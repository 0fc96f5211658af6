package conn

import (
	"fmt"
	"strings"
	"testing"
)

// TestMiddleboxOfManyNetworks holds that the networks with the most connections
// are told of one by one, and the others together.
func TestMiddleboxOfManyNetworks(t *testing.T) {
	t.Parallel()
	var conns []Connection
	for network := range 12 {
		conns = append(conns, fault(20-network, "java", "10.0.0.5:443", fmt.Sprintf("198.18.%d.7:50000", network), keepaliveOf(kernelDefaults()))...)
	}
	s := whole(conns...)
	of := found(t, FindingMiddlebox, s)
	if len(of) != manyNetworks+1 {
		t.Fatalf("%d findings, want %d", len(of), manyNetworks+1)
	}
	const rest = "keepalive idle 7200 s exceeds the middlebox timeout 350 s for 42 connections to 4 other networks"
	if of[0].Title != rest || len(of[0].Members) != 42 {
		t.Errorf("%s, with %d members; want %s", of[0].Title, len(of[0].Members), rest)
	}
	if want := "for 20 connections to 198.18.0.0/24"; !strings.HasSuffix(of[1].Title, want) {
		t.Errorf("%q does not end with %q", of[1].Title, want)
	}
	for i := range of {
		checkFilter(t, s, &of[i])
	}
}

// TestMiddleboxRemedy holds that what is advised against a middlebox probes
// before it forgets.
func TestMiddleboxRemedy(t *testing.T) {
	t.Parallel()
	th := DefaultThresholds()
	th.Middlebox = 240 * sec
	s := whole(fault(1, "java", "10.0.0.5:443", "192.0.2.7:50000", keepaliveOf(kernelDefaults()))...)
	for _, f := range Findings(s, &th, params(300, 30, 3)) {
		if f.Kind == FindingMiddlebox && !strings.Contains(f.text(), "--params 192s:30s:3 ") {
			t.Errorf("no idle time of 192 s in\n%s", f.text())
		}
	}
}

// TestPortsFindingCounts holds that a finding and the view of TIME-WAIT speak of
// the same connections.
func TestPortsFindingCounts(t *testing.T) {
	t.Parallel()
	s := busyHost(17640, 100, 10, sysctlsOfRange)
	s.Connections = append(s.Connections, listen(hostNS, "0.0.0.0:40001", 0, 1), listen(hostNS, "0.0.0.0:443", 0, 1),
		end(hostNS, 2, StateTimeWait, "10.0.0.5:443", "10.0.9.4:9092")) // not opened here either
	use := TimeWaitsOf(s).Destinations[0]
	of := found(t, FindingPorts, s)
	if len(of) != 1 || len(of[0].Members) != use.TimeWait.Count || use.TimeWait.Count != 17639 {
		t.Errorf("%d findings; %d connections, where TIME-WAIT counts %d; want 17639", len(of), len(of[0].Members), use.TimeWait.Count)
	}
	checkFilter(t, s, &of[0])
}

// TestSysctlsForInherited holds that sysctls are advised only where times came
// from them.
func TestSysctlsForInherited(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		own  Params
		want bool
	}{{kernelDefaults(), true}, {params(3600, 75, 9), false}} {
		s := onHost(fault(1, "java", "10.0.0.5:443", "192.0.2.7:50000", keepaliveOf(tt.own)))
		s.Namespaces[0].Sysctls = Sysctls{Keepalive: kernelDefaults(), Known: true}
		of := found(t, FindingSlowDetection, s)
		if len(of) != 1 || strings.Contains(of[0].text(), "[sysctl") != tt.want {
			t.Errorf("%v: sysctls advised, want %v:\n%s", tt.own, tt.want, of[0].text())
		}
	}
}
