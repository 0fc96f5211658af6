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

// An address is at home where it is sent from, or else where alone it is.
func TestLocality(t *testing.T) {
	t.Parallel()
	at := func(inode uint64, plain bool, addresses ...string) *reader {
		r := &reader{netns: conn.NetNS{Inode: inode}, plain: plain, addresses: map[netip.Addr]struct{}{}}
		for _, a := range addresses {
			r.addresses[netip.MustParseAddr(a)] = struct{}{}
		}
		return r
	}
	n := namespaces{readers: []*reader{at(1, true, "10.0.0.1", "172.17.0.1"), at(2, false, "10.0.0.2", "172.17.0.1"), at(3, true, "172.17.0.1")}}
	n.settle()
	where := n.locality()
	for _, tt := range []struct {
		from, want uint64 // 0: nowhere for certain
		addr       string
	}{
		{1, 1, "10.0.0.1"},
		{1, 2, "10.0.0.2"},
		{3, 2, "10.0.0.2"},
		{2, 2, "172.17.0.1"},
		{4, 0, "172.17.0.1"},
		{1, 0, "192.0.2.77"},
	} {
		got, ok := where.Home(tt.from, netip.MustParseAddr(tt.addr))
		if ok != (tt.want != 0) || ok && got != tt.want {
			t.Errorf("home of %s, from %d: %d, %v; want %d", tt.addr, tt.from, got, ok, tt.want)
		}
	}
	for inode, want := range map[uint64]bool{1: true, 2: false, 3: true, 4: false} {
		if got := where.Plain(inode); got != want {
			t.Errorf("namespace %d is plain: %v, want %v", inode, got, want)
		}
	}
}

// What is known of addresses grows old.
func TestLook(t *testing.T) {
	t.Parallel()
	var r reader
	var buf []byte
	proc, now := t.TempDir(), time.Unix(1_700_000_000, 0)
	write(t, filepath.Join(proc, "sys/net/ipv4/tcp_retries2"), "15")
	r.look(proc, &buf, now)
	first := r.plain
	write(t, filepath.Join(proc, "sys/net/netfilter/nf_conntrack_count"), "1")
	r.look(proc, &buf, now.Add(localityLife-1))
	before := r.plain
	r.look(proc, &buf, now.Add(localityLife))
	if !first || !before || r.plain {
		t.Errorf("plain %v at first, %v before its time, %v after; want true, true, false", first, before, r.plain)
	}
	if _, ok := r.addresses[netip.MustParseAddr("127.0.0.1")]; !ok {
		t.Errorf("addresses %v, want 127.0.0.1 among them", r.addresses)
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
				m.add(s, conn.Locality{}, time.Now, false)
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
