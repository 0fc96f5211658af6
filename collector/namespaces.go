//go:build linux

package collector

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

// namespaces are the network namespaces that are read. They come and go.
type namespaces struct {
	system *system
	own    conn.NetNS // of the thread that made it
	scope  scope
	finder finder

	mu      sync.Mutex // guards readers, for look-ups beside a poll
	readers []*reader  // that of the own namespace first, then by inode

	sighting sighting
	closed   map[uint64]error // why a namespace could not be opened; until the next sweep
	passed   map[uint64]bool  // namespaces that are not to be read; until the next sweep
	homes    map[netip.Addr]uint64
	buf      []byte // of procFiles
}

// severalHomes stands for the namespace of an address that several have.
const severalHomes = 0

func newNamespaces(s *system) (*namespaces, error) {
	n := &namespaces{
		system: s,
		own:    ownNamespace(s.proc, s.named),
		finder: finder{proc: s.proc, folders: s.named, homes: make(map[int32]*home)},
		closed: make(map[uint64]error),
		passed: make(map[uint64]bool),
	}
	if n.own.Name == "" && n.own.Inode != 0 {
		if p := n.finder.find(time.Time{}).sites[n.own.Inode]; p != nil {
			n.own.Name = n.name(p)
		}
	}
	if err := n.choose(s.netns); err != nil {
		return nil, errors.Join(err, n.finder.close())
	}
	if n.scope.reads(n.own) {
		sockets, err := s.dial(ofThread)
		if err != nil {
			return nil, errors.Join(err, n.finder.close())
		}
		n.readers = []*reader{{netns: n.own, fd: ofThread, sockets: sockets}}
	}
	return n, nil
}

func (n *namespaces) close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	err := n.finder.close()
	for _, r := range n.readers {
		err = errors.Join(err, r.close())
	}
	n.readers = nil
	return err
}

// refresh finds the namespaces that have come since the last time, reads what
// is told of each, and takes those out that nobody else holds any more. It
// returns the readers that are new, and those that the caller is to close. Only
// at home, on a thread of the own namespace, that is read too.
func (n *namespaces) refresh(now time.Time, atHome bool) (came, went []*reader) {
	if !n.scope.own() {
		n.sighting = n.finder.find(now)
		came = n.open()
	}
	n.look(now, atHome)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.readers = slices.DeleteFunc(n.readers, func(r *reader) bool {
		if r.deserted() {
			went = append(went, r)
			return true
		}
		return false
	})
	if len(came)+len(went) > 0 {
		n.settle()
	}
	return came, went
}

// open brings the readers up to what was found.
func (n *namespaces) open() (came []*reader) {
	known := make(map[uint64]bool, len(n.readers))
	for _, r := range n.readers {
		known[r.netns.Inode] = true
		p := n.sighting.sites[r.netns.Inode]
		switch {
		case r.fd == ofThread:
		case p == nil:
			r.site = site{inode: r.netns.Inode}
		default:
			r.site = *p
		}
		if n.sighting.swept && r.fd != ofThread && p != nil {
			r.netns.Name = n.name(p)
		}
	}
	if n.sighting.swept {
		clear(n.closed)
		clear(n.passed)
	}
	for inode, p := range n.sighting.sites {
		if known[inode] || inode == n.own.Inode || n.closed[inode] != nil || n.passed[inode] {
			continue
		}
		netns := conn.NetNS{Inode: inode, Name: n.name(p)}
		if !n.scope.reads(netns) {
			n.passed[inode] = true
			continue
		}
		r, err := openReader(*p, n.system.dial)
		if err != nil {
			if !errors.Is(err, errVanished) {
				n.closed[inode] = err
			}
			continue
		}
		r.netns = netns
		came = append(came, r)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.readers = append(n.readers, came...)
	slices.SortFunc(n.readers, func(a, b *reader) int {
		return cmp.Or(-compareBool(a.fd == ofThread, b.fd == ofThread), cmp.Compare(a.netns.Inode, b.netns.Inode))
	})
	return came
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// look reads what the kernel tells of each namespace.
func (n *namespaces) look(now time.Time, atHome bool) {
	located := false
	foreign := n.readers
	if len(foreign) > 0 && foreign[0].fd == ofThread {
		located = atHome && foreign[0].look(n.system.proc, &n.buf, now)
		foreign = foreign[1:]
	}
	visit(n.system.proc, foreign, func(r *reader, err error) {
		if err != nil {
			r.stat, r.counters = conn.SocketStat{}, conn.Counters{}
			return
		}
		located = r.look(n.system.proc, &n.buf, now) || located
	})
	if located {
		n.settle()
	}
}

// settle finds the home of every address: the one namespace that has it.
func (n *namespaces) settle() {
	n.homes = make(map[netip.Addr]uint64)
	for _, r := range n.readers {
		for a := range r.addresses {
			if _, taken := n.homes[a]; taken {
				n.homes[a] = severalHomes
			} else {
				n.homes[a] = r.netns.Inode
			}
		}
	}
}

// locality is what a MirrorChecker asks for.
func (n *namespaces) locality() conn.Locality {
	readers := make(map[uint64]*reader, len(n.readers))
	for _, r := range n.readers {
		readers[r.netns.Inode] = r
	}
	return conn.Locality{
		Home: func(from uint64, a netip.Addr) (uint64, bool) {
			if r := readers[from]; r != nil {
				if _, local := r.addresses[a]; local {
					return from, true
				}
			}
			home := n.homes[a]
			return home, home != severalHomes
		},
		Plain: func(netns uint64) bool { r := readers[netns]; return r != nil && r.plain },
	}
}

// sockets is about how many the kernel has, handshakes aside; 0 where it does not
// tell.
func (n *namespaces) sockets() (sum int) {
	for _, r := range n.readers {
		sum += r.stat.InUse + r.stat.InUse6 + r.stat.TimeWait
	}
	return sum
}

// list is what a snapshot says of the namespaces that were read.
func (n *namespaces) list() []conn.Namespace {
	list := make([]conn.Namespace, 0, len(n.readers))
	for _, r := range n.readers {
		if r.failure == nil {
			list = append(list, r.namespace())
		}
	}
	return list
}

// dial opens a connection into one of the namespaces that are read.
func (n *namespaces) dial(inode uint64) (*inetdiag.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.readers {
		if r.netns.Inode == inode {
			return inetdiag.Dial(&inetdiag.Config{NetNS: r.fd})
		}
	}
	return nil, ErrGone
}
