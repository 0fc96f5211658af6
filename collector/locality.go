//go:build linux

package collector

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/katop/katop/conn"
)

// localityLife is how long the addresses of the interfaces are believed in.
// They count only for a connection whose other end was seen here, so an address
// that has moved since does no harm.
const localityLife = 5 * time.Second

// locality is what is known of the addresses of the calling thread's network
// namespace.
type locality struct {
	addresses map[netip.Addr]struct{}
	plain     bool
	read      time.Time
}

// refresh reads the addresses anew if they are old. Where that fails, none is
// known to be local.
func (l *locality) refresh(proc string, now time.Time) {
	if !l.read.IsZero() && now.Sub(l.read) < localityLife {
		return
	}
	l.read, l.plain = now, untranslated(proc)
	l.addresses = make(map[netip.Addr]struct{})
	assigned, err := net.InterfaceAddrs()
	if err != nil {
		return
	}
	for _, a := range assigned {
		if prefix, ok := a.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(prefix.IP); ok {
				l.addresses[addr.Unmap()] = struct{}{}
			}
		}
	}
}

// of is the locality as a MirrorChecker asks for it, of the one namespace that
// is read.
func (l *locality) of(ns conn.NetNS) conn.Locality {
	return conn.Locality{
		Local: func(a netip.Addr) bool {
			_, local := l.addresses[a.Unmap()]
			return local
		},
		Plain: func(netns uint64) bool { return l.plain && netns == ns.Inode },
	}
}

// untranslated tells whether no connection of the calling thread's network
// namespace can have its addresses translated. Netfilter translates only what
// it tracks, and counts that (net/netfilter/nf_conntrack_standalone.c); IPVS
// shows itself in /proc/net. Where neither can be told, it is not certain.
func untranslated(proc string) bool {
	_, err := os.Stat(filepath.Join(proc, "thread-self/net/ip_vs"))
	if !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if _, err := os.Stat(filepath.Join(proc, "sys/net")); err != nil {
		return false
	}
	tracked, err := os.ReadFile(filepath.Join(proc, "sys/net/netfilter/nf_conntrack_count"))
	if errors.Is(err, fs.ErrNotExist) {
		return true // no connection tracking at all
	}
	// Where anything is translated, everything is tracked, and the count is 0 only
	// for the moment after somebody has emptied the table.
	return err == nil && strings.TrimSpace(string(tracked)) == "0"
}
