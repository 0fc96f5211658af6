//go:build linux

package collector

import (
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/katop/katop/conn"
)

func TestUntranslated(t *testing.T) {
	t.Parallel()
	const tracked = "sys/net/netfilter/nf_conntrack_count"
	tests := []struct {
		name  string
		files map[string]string
		want  bool
	}{
		{"no tracking", map[string]string{"sys/net/ipv4/tcp_retries2": "15"}, true},
		{"nothing is tracked", map[string]string{tracked: "0\n"}, true},
		{"something is tracked", map[string]string{tracked: "1\n"}, false},
		{"IPVS", map[string]string{tracked: "0\n", "thread-self/net/ip_vs": ""}, false},
		{"not to be seen", nil, false},
	}
	for _, tt := range tests {
		proc := t.TempDir()
		for name, text := range tt.files {
			write(t, filepath.Join(proc, name), text)
		}
		if got := untranslated(proc); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestLocality(t *testing.T) {
	t.Parallel()
	var l locality
	proc, now := t.TempDir(), time.Unix(1_700_000_000, 0)
	write(t, filepath.Join(proc, "sys/net/ipv4/tcp_retries2"), "15")
	l.refresh(proc, now)
	own := l.of(conn.NetNS{Inode: 7})
	for addr, want := range map[string]bool{"127.0.0.1": true, "::ffff:127.0.0.1": true, "192.0.2.77": false} {
		if got := own.Local(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s local %v, want %v", addr, got, want)
		}
	}
	if !own.Plain(7) || own.Plain(8) {
		t.Errorf("plain %v in the own namespace, %v in another; want true, false", own.Plain(7), own.Plain(8))
	}
	write(t, filepath.Join(proc, "sys/net/netfilter/nf_conntrack_count"), "1")
	l.refresh(proc, now.Add(localityLife-1))
	before := own.Plain(7)
	l.refresh(proc, now.Add(localityLife))
	if !before || own.Plain(7) {
		t.Errorf("plain %v before its time, %v after; want true, false", before, own.Plain(7))
	}
}

// BenchmarkMemory is what a poll costs beside the dump and the owners, without
// and with all connections on loopback.
func BenchmarkMemory(b *testing.B) {
	for _, tt := range []struct {
		name  string
		peers netip.Addr
	}{{"remote", netip.MustParseAddr("198.51.100.1")}, {"loopback", netip.MustParseAddr("127.0.0.1")}} {
		b.Run(tt.name, func(b *testing.B) {
			var m memory
			now := time.Unix(1_700_000_000, 0)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				now = now.Add(time.Second)
				s := tenThousand(tt.peers, now)
				b.StartTimer()
				m.add(s, "/proc", conn.NetNS{Inode: 1}, time.Now)
			}
		})
	}
}

// tenThousand connections, in pairs that mirror each other.
func tenThousand(peer netip.Addr, now time.Time) *conn.Snapshot {
	s := &conn.Snapshot{At: now, Namespaces: []conn.Namespace{{NetNS: conn.NetNS{Inode: 1}}}}
	for i := range 5000 {
		a, b := netip.AddrPortFrom(peer, 80), netip.AddrPortFrom(peer, uint16(20000+i))
		for k, ends := range [2][2]netip.AddrPort{{a, b}, {b, a}} {
			s.Connections = append(s.Connections, conn.Connection{
				NetNS: conn.NetNS{Inode: 1}, Cookie: uint64(2*i + k + 1), Inode: uint32(2*i + k + 1), State: conn.StateEstablished,
				Local: ends[0], Remote: ends[1], TCP: conn.TCP{Known: ^conn.TCPFields(0)},
			})
		}
	}
	return s
}
