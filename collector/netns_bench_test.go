//go:build linux

package collector_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// BenchmarkNamespaces polls the same number of sockets in one network namespace
// and in sixty: the kernel walks over all sockets of the host for each dump. The
// last has sixty namespaces without a socket beside the one.
func BenchmarkNamespaces(b *testing.B) {
	const sockets = 12_000
	for _, tt := range []struct {
		name            string
		crowded, vacant int
	}{{"1", 1, 0}, {"60", 60, 0}, {"1 and 60 vacant", 1, 60}} {
		b.Run(tt.name, func(b *testing.B) {
			for i, n := range solos(b, tt.crowded+tt.vacant) {
				if i < tt.crowded {
					fill(b, n, sockets/2/tt.crowded)
				}
			}
			c, err := collector.New(collector.Options{NetNS: collector.AllNetNS})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			poll := func(want conn.Want) {
				s, err := c.Poll(b.Context(), want)
				if err != nil {
					b.Fatal(err)
				}
				if len(s.Connections) < sockets+tt.crowded || len(s.Namespaces) < tt.crowded+tt.vacant+1 {
					b.Fatalf("%d connections in %d namespaces", len(s.Connections), len(s.Namespaces))
				}
			}
			for range 3 {
				poll(conn.Want{AllOptions: true})
			}
			b.ReportAllocs()
			for b.Loop() {
				poll(conn.Want{})
			}
		})
	}
}

// fill opens connections in a namespace.
func fill(b *testing.B, n *lab.Namespace, pairs int) {
	b.Helper()
	actor, err := n.StartActor(lab.ActorOptions{Name: "crowd"})
	if err != nil {
		b.Fatal(err)
	}
	listener, err := actor.Listen(netip.MustParseAddrPort("127.0.0.1:8080"), lab.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for opened := 0; opened < pairs; opened += 100 {
		if _, err := actor.DialMany(listener.Local, min(100, pairs-opened), lab.Options{}); err != nil {
			b.Fatal(err)
		}
		if _, err := listener.AcceptMany(min(100, pairs-opened), lab.Options{}); err != nil {
			b.Fatal(fmt.Errorf("accept: %w", err))
		}
	}
}
