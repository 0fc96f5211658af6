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

// Collector reads the TCP connections of network namespaces. One goroutine
// polls; Process and Detail may be called beside a Poll.
type Collector struct {
	system     system
	host       string
	kernel     string
	namespaces *namespaces
	records    records
	inspector  *inspector
	units      units
	users      users
	hosts      hosts
	memory     memory

	last    atomic.Pointer[conn.Snapshot]
	looking sync.RWMutex // held for reading by who looks through last beside a Poll; guards spare
	spare   spare        // of snapshots that were handed back

	tender    *time.Timer // of tend; nil where there is nothing to tend
	closed    bool
	polls     sync.Mutex // held by Poll, and by Close, which waits for it
	lookups   sync.Mutex // guards lookup
	lookup    *inetdiag.Conn
	userNames sync.Mutex
}

// system is where a Collector looks: the tests put their own in its place.
type system struct {
	proc  string   // where procfs is mounted
	hosts string   // hosts(5)
	named []string // the folders of named network namespaces, that of ip-netns(8) first
	netns string   // Options.NetNS
	now   func() time.Time
	read  func(context.Context, []keepalive.Target, func(int, conn.Keepalive, error))

	sweep func() (sweeper, error) // loads the fast path; nil: there is none

	// Both take a descriptor of a network namespace, or ofThread.
	dial      func(netns int) (dumper, error)
	subscribe func(netns int) (subscription, error) // nil: nothing is heard of destroyed sockets
}

// dumper is the part of inetdiag.Conn that a poll needs.
type dumper interface {
	Dump(ctx context.Context, r inetdiag.Request, each func(*inetdiag.Socket) error) error
	Close() error
}

// New makes a Collector. The network namespace of the calling thread is its own,
// and it is to be polled from threads of that. The error says that there is no
// sock_diag, or no such namespace as o.NetNS; whatever else cannot be had is told
// by the snapshots.
func New(o Options) (*Collector, error) {
	s := system{
		proc: "/proc", hosts: "/etc/hosts", named: nameFolders(), netns: o.NetNS,
		now:  o.Now,
		read: keepalive.Read,

		dial:      func(netns int) (dumper, error) { return inetdiag.Dial(&inetdiag.Config{NetNS: netns}) },
		subscribe: func(netns int) (subscription, error) { return inetdiag.Subscribe(&inetdiag.Config{NetNS: netns}) },
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.sweep = loadIterators
	if o.NoBPF {
		s.sweep = func() (sweeper, error) { return nil, errNoBPF }
	}
	return newCollector(s)
}

func newCollector(s system) (*Collector, error) {
	namespaces, err := newNamespaces(&s)
	if err != nil {
		return nil, err
	}
	c := &Collector{
		system:     s,
		namespaces: namespaces,
		inspector:  newInspector(&s),
		units:      units{proc: s.proc, known: make(map[uint64]string)},
		users:      make(users),
		hosts:      hosts{path: s.hosts},
	}
	c.memory.events.chronicle.Held = c.inspector.owners.hold
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		c.host, c.kernel = unix.ByteSliceToString(name.Nodename[:]), unix.ByteSliceToString(name.Release[:])
	}
	c.hear(namespaces.readers)
	if !namespaces.scope.own() {
		c.polls.Lock()
		defer c.polls.Unlock()
		c.tender = time.AfterFunc(untended, c.tend)
	}
	return c, nil
}

// hear begins to hear what is destroyed in namespaces.
func (c *Collector) hear(readers []*reader) {
	if c.system.subscribe == nil {
		return
	}
	for _, r := range readers {
		c.memory.events.begin(func() (subscription, error) { return c.system.subscribe(r.fd) }, r.netns)
	}
}

// untended is the time without a poll after which the namespaces are looked
// after all the same: a frozen monitor must not keep one alive.
const untended = 5 * time.Second

// tend lets go of the namespaces that nobody else holds while nobody polls.
func (c *Collector) tend() {
	c.polls.Lock()
	defer c.polls.Unlock()
	if c.closed {
		return
	}
	_ = c.enter(c.system.now(), false) // the next poll says what is wrong
	c.tender.Reset(untended)
}

// enter brings the readers up to date: what is destroyed in a namespace is heard
// of before its first dump, and a namespace that nobody else holds is let go.
func (c *Collector) enter(now time.Time, atHome bool) error {
	came, went := c.namespaces.refresh(now, atHome)
	for _, r := range c.namespaces.readers {
		if c.memory.events.hearings.again(r.netns) {
			c.hear([]*reader{r})
		}
	}
	c.hear(came)
	var err error
	for _, r := range went {
		err = errors.Join(err, c.memory.events.hearings.end(r.netns, now), r.close())
	}
	return errors.Join(err, c.namespaces.vanished())
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
	if c.tender != nil {
		c.tender.Stop()
	}
	c.closed = true
	err := errors.Join(c.memory.events.close(), c.namespaces.close(), c.inspector.close())
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
	if c.tender != nil {
		defer c.tender.Reset(untended)
	}
	began := c.system.now()
	if err := c.enter(began, true); err != nil {
		return nil, err
	}
	limits := want.Filter.Narrow()
	expected := len(c.records.present)
	if everything(limits) {
		expected = max(expected, c.namespaces.sockets())
	}
	wait := c.inspector.owners.lookAhead(ctx, expected, want.AllOptions, c.system.now)
	conns, interrupted, err := c.dump(ctx, limits, expected, began)
	wait()
	if err != nil {
		return nil, err
	}
	complete := !interrupted && everything(limits)
	c.records.finish(complete)
	hidden := c.inspector.inspect(ctx, conns, &c.records, want, complete)
	hidden.ownerless = c.ownerless(ctx, &hidden, conns, limits)
	c.name(conns)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	unseen := c.namespaces.hidden()
	s := &conn.Snapshot{
		At: began, Host: c.host, Kernel: c.kernel,
		Connections:    conns,
		Before:         c.records.rowsBefore(c.roomForRows(len(conns))),
		Namespaces:     c.namespaces.list(),
		Hidden:         append(unseen, hidden.lines(c.inspector.owners)...),
		OptionsPending: hidden.options.pending,
		FastPath:       c.inspector.owners.fastPath(),
		Interrupted:    interrupted,
		Narrowed:       !everything(limits),
		AllNamespaces:  c.namespaces.scope.all() && len(unseen) == 0,
	}
	last := c.last.Load()
	s.Number = 1
	if last != nil {
		s.Number = last.Number + 1
	}
	c.records.bereave(conns, last)
	c.memory.add(s, c.namespaces.locality(), c.system.now, want.Final)
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
		s.RemoteName = c.hosts.name(s.Remote.Addr())
	}
}
