package keepalive

import (
	"net/netip"
	"os"
	"testing"

	"github.com/katop/katop/conn"
)

// What the lines before of a bulk change cost, on the disk.
func BenchmarkAppend(b *testing.B) {
	l := testLog(b, conn.ActionKeepalive)
	c := conn.Connection{
		NetNS: conn.NetNS{Inode: 4026532178}, Cookie: 1761660, Inode: 5413625, State: conn.StateEstablished,
		Local: netip.MustParseAddrPort("192.0.2.1:50198"), Remote: netip.MustParseAddrPort("192.0.2.7:8000"),
	}
	entries := make([]entry, 100_000)
	for i := range entries {
		entries[i] = l.begin(i, &c, conn.Owner{PID: 23594, FD: 37, Name: "postgres"}, &settings{Idle: 7200}, &settings{On: true, Idle: 300})
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := l.write(b.Context(), entries, true); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := os.Remove(l.journal.path); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
