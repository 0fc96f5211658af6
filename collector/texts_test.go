//go:build linux

package collector

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

func files(content map[string]string) fstest.MapFS {
	fs := make(fstest.MapFS)
	for path, text := range content {
		fs[path] = &fstest.MapFile{Data: []byte(text)}
	}
	return fs
}

const sockstat = `sockets: used 181
TCP: inuse 9 orphan 1 tw 7 alloc 12 mem 3
UDP: inuse 2 mem 4
FRAG: inuse 0 memory 0
`

func TestReadSocketStat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		files map[string]string
		want  conn.SocketStat
	}{
		{
			name:  "both families",
			files: map[string]string{"sockstat": sockstat, "sockstat6": "TCP6: inuse 4\nUDP6: inuse 1\n"},
			want:  conn.SocketStat{InUse: 9, InUse6: 4, Orphan: 1, TimeWait: 7, Alloc: 12, MemoryPages: 3, Known: true},
		},
		{
			name:  "without IPv6",
			files: map[string]string{"sockstat": sockstat},
			want:  conn.SocketStat{InUse: 9, Orphan: 1, TimeWait: 7, Alloc: 12, MemoryPages: 3, Known: true},
		},
		{
			name:  "fields moved and added",
			files: map[string]string{"sockstat": "TCP: new 99 mem 3 alloc 12 tw 7 inuse 9 orphan 1\n"},
			want:  conn.SocketStat{InUse: 9, Orphan: 1, TimeWait: 7, Alloc: 12, MemoryPages: 3, Known: true},
		},
		{name: "no number", files: map[string]string{"sockstat": "TCP: inuse many\n"}},
		{name: "no TCP line", files: map[string]string{"sockstat": "UDP: inuse 2 mem 4\n"}},
		{name: "no file"},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, readSocketStat(files(tt.files))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

const (
	snmp = `Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets RetransSegs
Tcp: 1 -1 11 12 13 14 15
Udp: InDatagrams RetransSegs
Udp: 1 99
`
	netstat = `TcpExt: SyncookiesSent TW TWRecycled TWKilled ListenOverflows ListenDrops TCPAbortOnTimeout TCPTimeWaitOverflow TCPKeepAlive
TcpExt: 0 100 20 3 21 22 23 24 25
IpExt: InNoRoutes ListenDrops
IpExt: 0 99
`
)

func TestReadCounters(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		files map[string]string
		want  conn.Counters
	}{
		{
			name:  "all",
			files: map[string]string{"snmp": snmp, "netstat": netstat},
			want: conn.Counters{
				KeepaliveProbes: 25, AbortOnTimeout: 23, RetransSegs: 15, ListenOverflows: 21, ListenDrops: 22,
				ActiveOpens: 11, PassiveOpens: 12, EstabResets: 14, TimeWaits: 123, TimeWaitOverflows: 24, Known: true,
			},
		},
		{name: "one file missing", files: map[string]string{"snmp": snmp}},
		{name: "values missing", files: map[string]string{"snmp": snmp, "netstat": "TcpExt: A B\nTcpExt: 1\n"}},
		{name: "half a pair", files: map[string]string{"snmp": snmp, "netstat": "TcpExt: A B\n"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, readCounters(files(tt.files))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

func TestReadSysctls(t *testing.T) {
	t.Parallel()
	all := func() map[string]string {
		return map[string]string{
			"ipv4/tcp_keepalive_time": "7200\n", "ipv4/tcp_keepalive_intvl": "75\n", "ipv4/tcp_keepalive_probes": "9\n",
			"ipv4/tcp_retries2": "15\n", "ipv4/tcp_fin_timeout": "60\n", "ipv4/tcp_max_tw_buckets": "65536\n",
			"ipv4/ip_local_port_range": "32768\t60999\n", "ipv4/tcp_max_syn_backlog": "2048\n",
			"ipv4/tcp_syn_retries": "6\n", "ipv4/tcp_syn_linear_timeouts": "4\n",
			"core/somaxconn": "4096\n", "ipv4/tcp_tw_reuse": "2\n",
		}
	}
	want := conn.Sysctls{
		Keepalive: conn.Params{Idle: 2 * time.Hour, Interval: 75 * time.Second, Count: 9},
		Retries2:  15, SynRetries: 10, FinTimeout: time.Minute, MaxTimeWait: 65536, PortRange: [2]uint16{32768, 60999},
		MaxSynQueue: 2048, MaxListen: 4096, TimeWaitReuse: 2, Known: true,
	}
	if diff := cmp.Diff(want, readSysctls(files(all()))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	older := all()
	delete(older, "ipv4/tcp_syn_linear_timeouts")
	want.SynRetries = 6
	if diff := cmp.Diff(want, readSysctls(files(older))); diff != "" {
		t.Errorf("before Linux 6.5 (-want +got)\n%s", diff)
	}
	for name, change := range map[string]func(map[string]string){
		"one missing":  func(m map[string]string) { delete(m, "core/somaxconn") },
		"no number":    func(m map[string]string) { m["ipv4/tcp_retries2"] = "x\n" },
		"not to read":  func(m map[string]string) { m["ipv4/tcp_syn_linear_timeouts"] = "x\n" },
		"half a range": func(m map[string]string) { m["ipv4/ip_local_port_range"] = "32768\n" },
	} {
		broken := all()
		change(broken)
		if diff := cmp.Diff(conn.Sysctls{}, readSysctls(files(broken))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hosts")
	h := hosts{path: path}
	check := func(addr, want string) {
		t.Helper()
		if got := h.name(netip.MustParseAddr(addr)); got != want {
			t.Errorf("name of %s is %q, want %q", addr, got, want)
		}
	}
	h.refresh()
	check("127.0.0.1", "")
	write(t, path, "# comment\n127.0.0.1\tlocalhost lo\n10.0.0.5 db.example db # the database\n10.0.0.5 other\nfe80::1 router\nnonsense here\n0.0.0.0 nowhere\n10.0.0.6\n")
	h.refresh()
	check("127.0.0.1", "localhost")
	check("::ffff:127.0.0.1", "localhost")
	check("10.0.0.5", "db.example")
	check("10.0.0.6", "")
	check("fe80::1", "router")
	check("0.0.0.0", "")
	// A change is noticed by the file's time.
	write(t, path, "10.0.0.5 renamed\n")
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	h.refresh()
	check("10.0.0.5", "renamed")
	check("127.0.0.1", "")
}
