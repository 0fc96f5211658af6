//go:build linux

package collector

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
	"github.com/katop/katop/keepalive"
)

// Collector reads the TCP connections of the network namespace in which it was
// made. One goroutine polls; Process and Detail may be called beside a Poll.
type Collector struct {
	system  system
	netns   conn.NetNS
	host    string
	kernel  string
	sockets dumper
	records records
	owners  *owners
	options options
	units   units
	users   users
	hosts   hosts
	memory  memory

	last atomic.Pointer[conn.Snapshot] // for Detail

	polls     sync.Mutex // held by Poll, and by Close, which waits for it
	lookups   sync.Mutex // guards lookup
	lookup    *inetdiag.Conn
	userNames sync.Mutex
}

// system is where a Collector looks: the tests put their own in its place.
type system struct {
	proc  string // where procfs is mounted
	hosts string // hosts(5)
	named string // the folder of named network namespaces, ip-netns(8)
	now   func() time.Time
	dial  func() (dumper, error)
	read  func(context.Context, []keepalive.Target, func(int, conn.Keepalive, error))

	subscribe func() (subscription, error) // nil: nothing is heard of destroyed sockets
}

// dumper is the part of inetdiag.Conn that a poll needs.
type dumper interface {
	Dump(ctx context.Context, r inetdiag.Request, each func(*inetdiag.Socket) error) error
	Close() error
}

// New makes a Collector for the network namespace of the calling thread. The
// error says that there is no sock_diag; whatever else cannot be had is told by
// the snapshots.
func New(o Options) (*Collector, error) {
	s := system{
		proc: "/proc", hosts: "/etc/hosts", named: "/run/netns",
		now:  o.Now,
		dial: func() (dumper, error) { return inetdiag.Dial(nil) },
		read: keepalive.Read,

		subscribe: func() (subscription, error) { return inetdiag.Subscribe(nil) },
	}
	if s.now == nil {
		s.now = time.Now
	}
	return newCollector(s)
}

func newCollector(s system) (*Collector, error) {
	sockets, err := s.dial()
	if err != nil {
		return nil, err
	}
	c := &Collector{
		system:  s,
		netns:   ownNamespace(s.proc, s.named),
		sockets: sockets,
		records: records{known: make(map[conn.ID]*record)},
		owners:  newOwners(s.proc),
		units:   units{proc: s.proc, known: make(map[uint64]string)},
		users:   make(users),
		hosts:   hosts{path: s.hosts},
	}
	c.options = options{read: s.read, owners: c.owners}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		c.host, c.kernel = unix.ByteSliceToString(name.Nodename[:]), unix.ByteSliceToString(name.Release[:])
	}
	if s.subscribe != nil {
		c.memory.events.begin(s.subscribe, c.netns)
	}
	return c, nil
}

// Killed tells the Collector of connections that katop itself has destroyed, so
// that their events say so.
func (c *Collector) Killed(ids ...conn.ID) { c.memory.events.kill(ids) }

// Checked tells the Collector what liveness checks have found, so that its
// verdicts know of it.
func (c *Collector) Checked(at time.Time, results []conn.ProbeResult) {
	c.memory.checked.Lock()
	defer c.memory.checked.Unlock()
	c.memory.checks.Note(at, results)
}

// Close closes the connections to the kernel, after a Poll that is under way:
// end its context before.
func (c *Collector) Close() error {
	c.polls.Lock()
	defer c.polls.Unlock()
	c.lookups.Lock()
	defer c.lookups.Unlock()
	err := errors.Join(c.memory.events.close(), c.sockets.Close(), c.owners.close())
	if c.lookup != nil {
		err = errors.Join(err, c.lookup.Close())
	}
	return err
}

// Poll reads every connection once and what want asks for beside. It fails only
// where the kernel does not tell its sockets, and when ctx ends. A Filter in
// want leaves out what the kernel can tell that it does not match, and all
// knowledge of it.
func (c *Collector) Poll(ctx context.Context, want conn.Want) (*conn.Snapshot, error) {
	c.polls.Lock()
	defer c.polls.Unlock()
	began := c.system.now()
	limits := want.Filter.Narrow()
	conns, interrupted, err := c.dump(ctx, limits, began)
	if err != nil {
		return nil, err
	}
	complete := !interrupted && everything(limits)
	c.records.finish(complete)
	hidden := hidden{ownersErr: c.owners.fill(conns, complete, c.system.now)}
	c.name(conns)
	hidden.options = c.options.fill(ctx, conns, &c.records, want)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &conn.Snapshot{
		At: began, Host: c.host, Kernel: c.kernel,
		Connections:    conns,
		Namespaces:     []conn.Namespace{namespace(c.system.proc, c.netns)},
		Hidden:         hidden.lines(conns, c.owners),
		OptionsPending: hidden.options.pending,
		Interrupted:    interrupted,
		Narrowed:       !everything(limits),
	}
	c.records.bereave(conns, c.last.Load())
	c.memory.add(s, c.system.proc, c.netns, c.system.now)
	c.records.restore(s.Events)
	s.Took = c.system.now().Sub(began)
	c.last.Store(s)
	return s, nil
}

// name fills in the names that stand for numbers.
func (c *Collector) name(conns []conn.Connection) {
	c.hosts.refresh()
	c.userNames.Lock()
	defer c.userNames.Unlock()
	for i := range conns {
		s := &conns[i]
		s.User = c.users.of(s)
		s.Unit = c.units.name(s.CgroupID)
		s.RemoteName = c.hosts.name(s.Remote.Addr())
	}
}
