package inetdiag

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mdlayher/netlink"
)

// openMany opens pairs of connected sockets in n. Each has two sockets in the
// dump.
func openMany(tb testing.TB, n *namespace, pairs int) {
	tb.Helper()
	s := &scene{}
	tb.Cleanup(func() {
		for _, fd := range s.fds {
			_ = unix.Close(fd)
		}
	})
	err := n.do(func() error {
		to := netip.AddrPortFrom(server4, portKeepalive)
		l, err := s.listen(to, unix.AF_INET, 128)
		if err != nil {
			return err
		}
		for range pairs {
			if _, err := s.connect(client4, to); err != nil {
				return err
			}
			fd, _, err := unix.Accept4(l, unix.SOCK_CLOEXEC)
			if err != nil {
				return fmt.Errorf("accept: %w", err)
			}
			s.fds = append(s.fds, fd)
		}
		return nil
	})
	if err != nil {
		tb.Fatalf("open %d connections: %v", pairs, err)
	}
}

// BenchmarkDump dumps a namespace of 1,001 sockets with tcp_info.
func BenchmarkDump(b *testing.B) {
	n := newNamespace(b)
	openMany(b, n, 500)
	c := n.dial(b)
	b.ReportAllocs()
	for b.Loop() {
		got := 0
		err := c.Dump(b.Context(), Request{Family: FamilyIPv4, Extensions: ExtInfo}, func(*Socket) error {
			got++
			return nil
		})
		if err != nil || got != 1001 {
			b.Fatalf("%d sockets, error %v", got, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1001, "ns/socket")
}

// BenchmarkDumpExecute is the same through netlink.Conn.Execute.
func BenchmarkDumpExecute(b *testing.B) {
	n := newNamespace(b)
	openMany(b, n, 500)
	c, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, &netlink.Config{NetNS: n.fd})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	request, err := Request{Family: FamilyIPv4, Extensions: ExtInfo}.message()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		messages, err := c.Execute(request)
		if err != nil || len(messages) != 1001 {
			b.Fatalf("%d sockets, error %v", len(messages), err)
		}
		for _, m := range messages {
			if binary.NativeEndian.Uint32(m.Data[44:]) == 0 {
				b.Fatal("no cookie")
			}
			var s Socket
			if err := new(decoder).decode(&s, m.Data); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1001, "ns/socket")
}
