//go:build linux

package collector_test

import (
	"net"
	"net/netip"
	"regexp"
	"time"

	"github.com/katop/katop/conn"
)

// The ports of the scene beside those of the routes.
const (
	firstPort, lastPort = 20000, 20999 // ip_local_port_range of Near

	troublePort = 30000 // and the next ones, at the near end of each connection with a fault
	kindPort    = 8100  // and the next ones, one for each kind
	clientFirst = 8300  // here the client closes first
	serverFirst = 8301  // and here the server
	burnPort    = 8302
	floodPort   = 8400 // and the next ones, one for each round
	fullPort    = 8500 // the same
)

// kind is one sort of healthy connections. It has a port of its own, by which it
// is told wherever it is seen.
type kind struct {
	name        string
	connections int
	keepalive   net.KeepAliveConfig
	userTimeout time.Duration
	bytes       int           // of an exchange
	every       time.Duration // from one exchange to the next; 0: there is only the first
	beats       bool          // that is a heartbeat
	want        conn.Judgement
	evidence    *regexp.Regexp
}

// kinds are 5,000 connections. Thousands of them are probed every second.
func kinds(beat time.Duration) []kind {
	on := func(idle, interval, count int) net.KeepAliveConfig {
		return net.KeepAliveConfig{Enable: true, Idle: time.Duration(idle) * time.Second, Interval: time.Duration(interval) * time.Second, Count: count}
	}
	slow := judged(conn.VerdictSlowGuard, conn.SeverityNotice)
	answered := regexp.MustCompile(`^peer answered \d+(\.\d)? s ago$`)
	off := regexp.MustCompile(`^silent (\d+(\.\d)? s|\dm\d\ds), keepalive off$`)
	off5 := regexp.MustCompile(`^(heartbeat every \d(\.\d)? s(, begun here, would notice)?; )?silent \d+(\.\d)? s, keepalive off$`)
	return []kind{
		{name: "quiet", connections: 1000, want: unguarded.Judgement, evidence: off},
		{name: "probed", connections: 1600, keepalive: on(1, 1, 3), evidence: answered},
		{name: "guarded", connections: 600, keepalive: on(300, 30, 3), evidence: regexp.MustCompile(`^peer answered .* ago$`)},
		{name: "defaults", connections: 400, keepalive: on(7200, 75, 9), want: slow, evidence: regexp.MustCompile(`^a dead peer is found after 2h11m$`)},
		{name: "late", connections: 300, keepalive: on(400, 30, 3), want: slow, evidence: regexp.MustCompile(`^idle 400 s outlasts a middlebox of 350 s$`)},
		{name: "user timeout", connections: 200, userTimeout: 30 * time.Second,
			evidence: regexp.MustCompile(`^peer answered .* ago; the user timeout of 30s guards data alone$`)},
		{name: "talking", connections: 500, bytes: 100, every: 500 * time.Millisecond, want: unguarded.Judgement, evidence: off},
		{name: "beating", connections: 200, bytes: 40, every: beat, beats: true, want: unguarded.Judgement, evidence: off5},
		{name: "moving", connections: 200, keepalive: on(1, 1, 3), bytes: 1 << 14, every: 250 * time.Millisecond, evidence: answered},
	}
}

// kindOf is the kind of healthy connections of a port; without a name if it is
// none.
func kindOf(port uint16, beat time.Duration) kind {
	all := kinds(beat)
	if i := int(port) - kindPort; i >= 0 && i < len(all) {
		return all[i]
	}
	return kind{}
}

// whereabouts are where the healthy connections lead. Of those on loopback both
// ends are seen.
var whereabouts = []struct {
	addr    netip.Addr
	percent int
	ends    int
}{
	{loopback4, 25, 2}, {netip.IPv6Loopback(), 15, 2}, {routerAddr4, 40, 1}, {routerAddr6, 20, 1},
}
