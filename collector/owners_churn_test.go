//go:build linux

package collector_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// TestOwnersUnderChurn: up to 3,000 connections a second come and go (a fifth of
// that in a run of seconds, beside which other packages are tested), each open
// for up to 2 s, between programs that use descriptors and ports again at once.
// No socket, and no event of one, is said to be another program's, or has
// another's options; and what katop holds does not grow. It is watched by eBPF
// and by /proc.
//
// What it holds is measured at rest, after a third of the time and at the end,
// with other programs at the same ports from the one to the other. The test is
// not parallel: it measures the whole process.
func TestOwnersUnderChurn(t *testing.T) {
	needLab(t)
	n, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, n)
	// TIME-WAIT would come to 180,000, which is not what is to be seen here.
	if err := n.SetSysctl("net.ipv4.tcp_max_tw_buckets", "500"); err != nil {
		t.Fatal(err)
	}
	watches := []*ownerWatch{newOwnerWatch(t, n, false), newOwnerWatch(t, n, true)}
	rate, longest := 3000, 2*time.Second
	if *churnTime < 10*time.Second {
		rate, longest = rate/5, longest/4
	}
	began := time.Now()
	opened := watchPorters(t, n, watches, rate, longest, *churnTime/3)
	warm := measureHoldings(t)
	opened += watchPorters(t, n, watches, rate, longest, *churnTime*2/3)
	end := measureHoldings(t)

	lasted := time.Since(began)
	t.Logf("%d connections in %v with the rests, %.0f a second", opened, lasted.Round(time.Second), float64(opened)/lasted.Seconds())
	for _, w := range watches {
		w.account()
	}
	t.Logf("held after a third of the time: %v; at the end: %v", warm, end)
	if limit := warm.heap + warm.heap/4 + 4<<20; end.heap > limit {
		t.Errorf("%.1f MB on the heap at the end, want at most %.1f", megabytes(end.heap), megabytes(limit))
	}
	if end.descriptors > warm.descriptors {
		t.Errorf("%d descriptors at the end, want at most %d", end.descriptors, warm.descriptors)
	}
	if end.goroutines > warm.goroutines {
		t.Errorf("%d goroutines at the end, want at most %d", end.goroutines, warm.goroutines)
	}
}

// watchPorters has programs open rate connections a second for a while, and
// polls until all of them have gone. It returns how many there were.
func watchPorters(t *testing.T, n *lab.Namespace, watches []*ownerWatch, rate int, longest, lasting time.Duration) (opened int) {
	t.Helper()
	porters := startPorters(t, n, rate, longest)
	poll := func() {
		for _, w := range watches {
			if err := w.poll(porters); err != nil {
				t.Fatal(err)
			}
		}
	}
	every := min(time.Second, lasting/4)
	for end := time.Now().Add(lasting); time.Now().Before(end); {
		next := time.Now().Add(every)
		poll()
		time.Sleep(time.Until(next))
	}
	opened, err := endPorters(porters)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // the last ends are told, and what is gone is forgotten
		poll()
		time.Sleep(every)
	}
	return opened
}

// servers are the first porters; the others are clients.
const servers = 2

// startPorters starts the servers, and six clients that open rate connections a
// second together, each for longest at most.
func startPorters(t *testing.T, n *lab.Namespace, rate int, longest time.Duration) []*porter {
	t.Helper()
	const (
		clients = 6
		ports   = 8000
	)
	var all []*porter
	var at []netip.AddrPort
	for i := range servers {
		at = append(at, netip.AddrPortFrom(loopback4, uint16(8000+i)))
		all = append(all, &porter{Name: fmt.Sprintf("server-%d", i), First: at[i].Port(), Ports: 1})
	}
	for i := range clients {
		all = append(all, &porter{
			Name: fmt.Sprintf("client-%d", i), First: uint16(10000 + i*ports), Ports: ports,
			Rate: rate / clients, Longest: longest, Servers: at,
		})
	}
	for i, p := range all {
		p.Idle = time.Duration(1000+i) * time.Second
		if err := p.start(n); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// endPorters has the clients end, and then the servers, and counts what the
// clients opened.
func endPorters(porters []*porter) (opened int, err error) {
	clients, accepting := porters[servers:], porters[:servers]
	for _, some := range [][]*porter{clients, accepting} {
		for _, p := range some {
			err = errors.Join(err, p.stdin.Close())
		}
		for _, p := range some {
			n, failure := p.said()
			err = errors.Join(err, failure, p.Wait(), p.out.Close())
			if p.Rate > 0 {
				opened += n
			}
		}
	}
	return opened, err
}

// holdings is what this process holds.
type holdings struct {
	heap                    uint64 // bytes, after a garbage collection
	descriptors, goroutines int
}

func measureHoldings(t *testing.T) holdings {
	t.Helper()
	runtime.GC()
	runtime.GC() // what had a finalizer
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	descriptors, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return holdings{m.HeapAlloc, len(descriptors), runtime.NumGoroutine()}
}

func (h holdings) String() string {
	return fmt.Sprintf("%.1f MB on the heap, %d descriptors, %d goroutines", megabytes(h.heap), h.descriptors, h.goroutines)
}

func megabytes(n uint64) float64 { return float64(n) / (1 << 20) }
