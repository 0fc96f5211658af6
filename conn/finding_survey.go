package conn

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"
)

// survey is a snapshot with its connections sorted by what is wrong with them.
type survey struct {
	snapshot   *Snapshot
	thresholds *Thresholds
	roles      roles

	dead      map[service]*party
	leaking   map[service]*party // without the port
	unguarded map[service]*party
	slow      map[service]*party
	forgotten map[netip.Prefix]*party // by the network of the peer
	hasty     party
	defaults  party // have the times of the kernel
}

// service is a program at one port.
type service struct {
	program  string // comm; "" if it is not known
	port     uint16 // local, or remote where this host opened the connection; 0: any
	outgoing bool
}

// party is some connections with the same fault.
type party struct {
	members  []int32
	severity Severity
	silent   time.Duration // the longest
	shortest time.Duration // keepalive idle time
	longest  time.Duration // keepalive idle time
	detects  time.Duration // the longest
	probes   float64       // a second, while all of them are quiet
	programs map[string]int
}

// kernelDefaults are the sysctls as the kernel sets them (include/net/tcp.h,
// TCP_KEEPALIVE_TIME, _INTVL, _PROBES).
func kernelDefaults() Params { return params(7200, 75, 9) }

func newSurvey(s *Snapshot, th *Thresholds) *survey {
	return &survey{
		snapshot: s, thresholds: th, roles: rolesOf(s),
		dead: map[service]*party{}, leaking: map[service]*party{}, unguarded: map[service]*party{},
		slow: map[service]*party{}, forgotten: map[netip.Prefix]*party{},
	}
}

// add sorts one connection in. It may have several faults.
func (v *survey) add(row int32) {
	c, th := &v.snapshot.Connections[row], v.thresholds
	if !c.synchronized() {
		return
	}
	j := Judge(c, th)
	switch {
	case j.Verdict == VerdictHalfOpen:
		join(v.dead, v.service(c), c, row, j.Severity)
		return // whatever else is wrong with it does not matter any more
	case j.Verdict == VerdictCloseWait && j.Severity >= SeverityWarning:
		join(v.leaking, service{program: program(c)}, c, row, j.Severity)
	case j.Verdict == VerdictUnguarded && c.Heartbeat == 0:
		join(v.unguarded, v.service(c), c, row, j.Severity)
	}
	idle, known := c.KeepIdle()
	if c.State != StateEstablished || !known {
		return
	}
	if detects, _ := c.DetectsIn(); detects > th.SlowDetection && c.Heartbeat == 0 {
		join(v.slow, v.service(c), c, row, SeverityNotice)
	}
	if network, beyond := networkOf(c.Remote.Addr()); beyond && c.outlasts(th.Middlebox) {
		join(v.forgotten, network, c, row, SeverityNotice)
	}
	if idle < th.ShortIdle {
		v.hasty.add(c, row, SeverityNotice)
	}
	if c.Keepalive.Params == kernelDefaults() {
		v.defaults.add(c, row, SeverityNotice)
	}
}

func join[K comparable](parties map[K]*party, key K, c *Connection, row int32, severity Severity) {
	p := parties[key]
	if p == nil {
		p = &party{}
		parties[key] = p
	}
	p.add(c, row, severity)
}

func (p *party) add(c *Connection, row int32, severity Severity) {
	p.members = append(p.members, row)
	p.severity = max(p.severity, severity)
	if silent, ok := c.SilentFor(); ok {
		p.silent = max(p.silent, silent)
	}
	if idle, known := c.KeepIdle(); known && idle > 0 {
		if p.longest == 0 {
			p.shortest = idle
		}
		p.shortest, p.longest = min(p.shortest, idle), max(p.longest, idle)
		p.probes += 1 / idle.Seconds()
	}
	if detects, ok := c.DetectsIn(); ok {
		p.detects = max(p.detects, detects)
	}
	if p.programs == nil {
		p.programs = map[string]int{}
	}
	p.programs[program(c)]++
}

// mostly is the program that has the most members.
func (p *party) mostly() string {
	best, most := "", 0
	for name, n := range p.programs {
		if n > most || n == most && name < best {
			best, most = name, n
		}
	}
	return best
}

func program(c *Connection) string {
	owner, _ := c.Owner()
	return owner.Name
}

func (v *survey) service(c *Connection) service {
	if v.roles.outgoing(c) {
		return service{program: program(c), port: c.Remote.Port(), outgoing: true}
	}
	return service{program: program(c), port: c.Local.Port()}
}

// name is the program's for a sentence.
func (s service) name() string {
	if s.program == "" {
		return "no process known"
	}
	return s.program
}

// where is the port for a sentence: "on :443", "to :5432".
func (s service) where() string {
	if s.outgoing {
		return "to :" + strconv.Itoa(int(s.port))
	}
	return "on :" + strconv.Itoa(int(s.port))
}

// networkOf is the network of a peer that may be behind a middlebox: its /24 or
// /64.
func networkOf(peer netip.Addr) (netip.Prefix, bool) {
	peer = peer.Unmap().WithZone("")
	if peer.IsLoopback() || peer.IsLinkLocalUnicast() {
		return netip.Prefix{}, false
	}
	bits := 24
	if peer.Is6() {
		bits = 64
	}
	network, err := peer.Prefix(bits)
	return network, err == nil
}

// howMany writes how many there are: "1 connection", "2 connections".
func howMany(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%s %ss", Whole(n), thing)
}
