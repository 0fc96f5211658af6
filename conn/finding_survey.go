package conn

import (
	"net/netip"
	"strconv"
	"time"
)

// survey is a snapshot with its connections sorted by what is wrong with them.
type survey struct {
	snapshot   *Snapshot
	thresholds *Thresholds
	roles      roles

	dead      map[service]*party // their mirrors are gone
	silent    map[service]*party // have not answered a liveness check
	leaking   map[service]*party
	abandoned map[service]*party       // in CLOSE-WAIT before they were accepted, by their listener
	listeners map[ListenAddress]string // the programs that listen
	full      map[service]*party       // listeners that take no more
	unguarded map[service]*party
	slow      map[service]*party
	forgotten map[netip.Prefix]*party // by the network of the peer
	hasty     hasty
	defaults  party // have the times of the kernel
}

// service is a program at one port, or at several.
type service struct {
	program  string // comm; "" if it is not known
	port     uint16 // local, or remote where this host opened the connection; 0: any
	ports    int    // how many there are, where they are too many to name
	outgoing bool
}

// manyPorts and manyNetworks are how many are told of one by one: nobody reads a
// finding for each port of a crawler, or for each home of a client.
const (
	manyPorts    = 8
	manyNetworks = 8
)

// party is some connections with the same fault.
type party struct {
	members  []int32
	severity Severity
	silent   time.Duration // the longest that is known
	timed    bool          // silent is
	shortest time.Duration // keepalive idle time
	longest  time.Duration // keepalive idle time
	detects  time.Duration // the longest
}

// kernelDefaults are the sysctls as the kernel sets them (include/net/tcp.h,
// TCP_KEEPALIVE_TIME, _INTVL, _PROBES).
func kernelDefaults() Params { return params(7200, 75, 9) }

func newSurvey(s *Snapshot, th *Thresholds) *survey {
	return &survey{
		snapshot: s, thresholds: th, roles: rolesOf(s),
		dead: map[service]*party{}, silent: map[service]*party{}, leaking: map[service]*party{}, abandoned: map[service]*party{},
		full: map[service]*party{}, unguarded: map[service]*party{},
		slow: map[service]*party{}, forgotten: map[netip.Prefix]*party{},
	}
}

// add sorts one connection in. It may have several faults.
func (v *survey) add(row int32) {
	c, th := &v.snapshot.Connections[row], v.thresholds
	if c.State == StateListen {
		if l := listenerOf(row, c); l.Full() {
			join(v.full, service{program: program(c), port: c.Local.Port()}, c, row, SeverityWarning)
		}
		return
	}
	if !c.synchronized() {
		return
	}
	j := Judge(c, th)
	switch {
	case j.Verdict == VerdictHalfOpen && !c.MirrorGone:
		join(v.silent, v.service(row), c, row, j.Severity)
		return // whatever else is wrong with it does not matter any more
	case j.Verdict == VerdictHalfOpen:
		join(v.dead, v.service(row), c, row, j.Severity)
		return
	case j.Verdict == VerdictCloseWait && j.Severity >= SeverityWarning && c.unaccepted():
		join(v.abandoned, service{program: v.listener(c), port: c.Local.Port()}, c, row, j.Severity)
	case j.Verdict == VerdictCloseWait && j.Severity >= SeverityWarning:
		join(v.leaking, v.service(row), c, row, j.Severity)
	case j.Verdict == VerdictUnguarded && c.Heartbeat == 0:
		join(v.unguarded, v.service(row), c, row, j.Severity)
	}
	idle, known := c.KeepIdle()
	if c.State != StateEstablished || !known {
		return
	}
	if detects, _ := c.DetectsIn(); detects > th.SlowDetection && c.Heartbeat == 0 {
		join(v.slow, v.service(row), c, row, SeverityNotice)
	}
	if network, beyond := networkOf(c.Remote.Addr()); beyond && c.outlasts(th.Middlebox) {
		join(v.forgotten, network, c, row, SeverityNotice)
	}
	v.hasty.add(c, row, idle, th.ShortIdle)
	if c.Keepalive.Params == kernelDefaults() {
		v.defaults.add(c, row, SeverityNotice)
	}
}

// listener is the program that listens where a connection came in, "" if it is
// not known.
func (v *survey) listener(c *Connection) string {
	if v.listeners == nil {
		v.listeners = map[ListenAddress]string{}
		for i := range v.snapshot.Connections {
			if l := &v.snapshot.Connections[i]; l.State == StateListen {
				v.listeners[listenAddressOf(l)] = program(l)
			}
		}
	}
	a := listenAddressOf(c)
	if name, listened := v.listeners[a]; listened {
		return name
	}
	a.addr = netip.Addr{}
	return v.listeners[a]
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
		p.silent, p.timed = max(p.silent, silent), true
	}
	if idle, known := c.KeepIdle(); known && idle > 0 {
		if p.longest == 0 {
			p.shortest = idle
		}
		p.shortest, p.longest = min(p.shortest, idle), max(p.longest, idle)
	}
	if detects, ok := c.DetectsIn(); ok {
		p.detects = max(p.detects, detects)
	}
}

// merge takes the members of another party in.
func (p *party) merge(q *party) {
	p.members = append(p.members, q.members...)
	p.severity = max(p.severity, q.severity)
	p.silent, p.timed = max(p.silent, q.silent), p.timed || q.timed
	p.shortest, p.longest = min(p.shortest, q.shortest), max(p.longest, q.longest)
	p.detects = max(p.detects, q.detects)
}

// oldest ends a sentence with the longest silence.
func (p *party) oldest() string {
	if !p.timed {
		return ""
	}
	return ", oldest silent " + Spoken(p.silent)
}

// mostly is the program that holds most of the rows.
func (v *survey) mostly(rows []int32) string {
	held := map[string]int{}
	for _, row := range rows {
		held[program(&v.snapshot.Connections[row])]++
	}
	best, most := "", 0
	for name, n := range held {
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

func (v *survey) service(row int32) service {
	c := &v.snapshot.Connections[row]
	if v.roles[row] {
		return service{program: program(c), port: c.Remote.Port(), outgoing: true}
	}
	return service{program: program(c), port: c.Local.Port()}
}

// name is the program's for a sentence.
func (s service) name() string {
	if s.program == "" {
		return "unknown process"
	}
	return s.program
}

// where is the port for a sentence: "on :443", "to :5432", "to 240 ports".
func (s service) where() string {
	if s.outgoing {
		return "to " + s.at()
	}
	return "on " + s.at()
}

func (s service) at() string {
	if s.ports > 0 {
		return HowMany(s.ports, "port")
	}
	return ":" + strconv.Itoa(int(s.port))
}

// namespace is what the snapshot tells of a namespace, all unknown if it has
// none of that inode.
func (s *Snapshot) namespace(inode uint64) Namespace {
	for i := range s.Namespaces {
		if s.Namespaces[i].NetNS.Inode == inode {
			return s.Namespaces[i]
		}
	}
	return Namespace{}
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
