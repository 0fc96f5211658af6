//go:build linux

package collector

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

const (
	// settingsLife is how long the sysctls are believed in.
	settingsLife = 10 * time.Second
	// localityLife is how long the addresses of the interfaces are believed in.
	// They count only for a connection whose other end was seen here, so an address
	// that has moved since does no harm.
	localityLife = 5 * time.Second
)

// reader reads one network namespace. A netlink socket keeps its namespace
// alive, and so does the descriptor: a reader is closed as soon as nobody else
// holds the namespace.
type reader struct {
	netns   conn.NetNS
	site    site
	fd      int // of the namespace; ofThread for that of the calling thread
	sockets dumper
	dumped  bool  // a dump had everything
	failure error // why the last dump failed

	stat     conn.SocketStat
	empty    bool // stat said so, of either family
	empty6   bool // stat said so, of IPv6
	counters conn.Counters
	sysctls  conn.Sysctls
	settled  time.Time // sysctls were read

	addresses map[netip.Addr]struct{}
	plain     bool
	located   time.Time // addresses and plain were read
}

// ofThread stands for the namespace of the calling thread, which takes no right
// to enter.
const ofThread = 0

// errVanished: what a path stood for is another namespace by now, or none.
var errVanished = errors.New("the network namespace has vanished")

// openReader opens the namespace at a place.
func openReader(p site, dial func(netns int) (dumper, error)) (*reader, error) {
	fd, err := unix.Open(p.path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	switch {
	case exited(err):
		return nil, errVanished
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", p.path, err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Ino != p.inode {
		return nil, errors.Join(errVanished, unix.Close(fd))
	}
	sockets, err := dial(fd)
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return &reader{site: p, fd: fd, sockets: sockets}, nil
}

func (r *reader) close() error {
	if r.fd == ofThread {
		return r.sockets.Close()
	}
	return errors.Join(r.sockets.Close(), unix.Close(r.fd))
}

// look reads what the kernel tells of the calling thread's network namespace,
// which has to be the reader's; what cannot be read stays unknown. It says
// whether addresses were read.
func (r *reader) look(proc string, buf *[]byte, now time.Time) (located bool) {
	files := procFiles{proc + "/thread-self/net", buf}
	r.stat, r.counters = readSocketStat(files), readCounters(files)
	if r.settled.IsZero() || now.Sub(r.settled) >= settingsLife {
		r.sysctls, r.settled = readSysctls(procFiles{proc + "/sys/net", buf}), now
	}
	if !r.located.IsZero() && now.Sub(r.located) < localityLife {
		return false
	}
	r.addresses, r.plain, r.located = interfaceAddresses(), untranslated(proc), now
	return true
}

// interfaceAddresses are those of the calling thread's network namespace, none
// where they cannot be read.
func interfaceAddresses() map[netip.Addr]struct{} {
	assigned, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	addresses := make(map[netip.Addr]struct{}, len(assigned))
	for _, a := range assigned {
		if prefix, ok := a.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(prefix.IP); ok {
				addresses[addr.Unmap()] = struct{}{}
			}
		}
	}
	return addresses
}

// deserted tells that nobody holds the namespace but katop: no process, no name,
// and no socket that a process of another namespace has.
func (r *reader) deserted() bool {
	return r.site.path == "" && r.fd != ofThread && !(r.stat.Known && r.stat.InUse+r.stat.InUse6 > 0)
}

// families says which families may have sockets, by sockstat: TIME-WAIT of both
// are counted together, and handshakes over IPv4 may wait for a listener of
// IPv6. The counts are sums over the processors, taken while they change, so
// that one must be zero twice before it is believed.
func (r *reader) families() (four, six bool) {
	none6 := r.stat.Known && r.stat.InUse6 == 0 && r.stat.TimeWait == 0
	none := none6 && r.stat.InUse == 0
	four, six = !(none && r.empty), !(none6 && r.empty6)
	r.empty, r.empty6 = none, none6
	return four, six
}

// namespace is what a snapshot says of it.
func (r *reader) namespace() conn.Namespace {
	return conn.Namespace{
		NetNS: r.netns, Path: r.site.path, Sysctls: r.sysctls, Sockets: r.stat, Counters: r.counters,
	}
}
