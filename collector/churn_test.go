//go:build linux

package collector_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

var churnTime = flag.Duration("churn", 3*time.Second, "how long TestHealthyUnderChurn runs")

// churn opens and closes hundreds of connections a second on loopback, from
// several threads in a namespace, as the programs of healthy connections do.
type churn struct {
	stop   atomic.Bool
	opened atomic.Int64
	errs   chan error // what ended it, once
}

func startChurn(n *lab.Namespace) *churn {
	const threads = 16
	c := &churn{errs: make(chan error, 1)}
	errs := make([]error, threads)
	var wg sync.WaitGroup
	for i := range threads {
		wg.Go(func() { errs[i] = n.Do(func() error { return c.run(rand.New(rand.NewPCG(uint64(i), 1))) }) })
	}
	go func() {
		wg.Wait()
		c.errs <- errors.Join(errs...)
	}()
	return c
}

// end waits for the last connections and tells how many there were.
func (c *churn) end() (opened int, err error) {
	c.stop.Store(true)
	err = <-c.errs
	return int(c.opened.Load()), err
}

func (c *churn) run(random *rand.Rand) error {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	for !c.stop.Load() {
		dialed, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			return err
		}
		accepted, err := l.Accept()
		if err != nil {
			return errors.Join(err, dialed.Close())
		}
		c.opened.Add(1)
		if err := live(dialed, accepted, random); err != nil {
			return err
		}
	}
	return nil
}

// live lets the ends of a connection speak to each other, and closes them, either
// of them first.
func live(a, b net.Conn, random *rand.Rand) error {
	pause := func() { time.Sleep(time.Duration(random.IntN(40)) * time.Millisecond) }
	pause()
	for range random.IntN(3) {
		if err := errors.Join(pass(a, b, 1+random.IntN(16<<10)), pass(b, a, 1+random.IntN(16<<10))); err != nil {
			return err
		}
		pause()
	}
	if random.IntN(2) == 0 {
		a, b = b, a
	}
	var err error
	switch random.IntN(3) {
	case 0: // one after the other
	case 1: // the other finds out
		err = errors.Join(a.Close(), awaitEOF(b))
		return errors.Join(err, b.Close())
	case 2: // half a close, and then the other half
		err = errors.Join(a.(*net.TCPConn).CloseWrite(), awaitEOF(b), b.Close(), awaitEOF(a))
		return errors.Join(err, a.Close())
	}
	return errors.Join(a.Close(), b.Close())
}

func pass(from, to net.Conn, n int) error {
	if _, err := from.Write(make([]byte, n)); err != nil {
		return err
	}
	_, err := io.ReadFull(to, make([]byte, n))
	return err
}

func awaitEOF(c net.Conn) error {
	if n, err := c.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		return fmt.Errorf("%d bytes, %w; want EOF", n, err)
	}
	return nil
}

// TestHealthyUnderChurn: hundreds of healthy connections on loopback, every one
// of which has its mirror and answers its probes, and hundreds a second that come
// and go. None is called anything but healthy, each end is told once, and none
// that has closed is said to have died.
func TestHealthyUnderChurn(t *testing.T) {
	t.Parallel()
	needLab(t)
	n, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, n)
	const healthy = 500
	server, client := startActor(t, n, "server"), startActor(t, n, "client")
	listener, err := server.Listen(netip.MustParseAddrPort("127.0.0.1:8080"), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	keepalive := lab.Keepalive{On: true, Idle: time.Second, Interval: time.Second, Count: 2}
	if _, err := client.DialMany(listener.Local, healthy, lab.Options{Keepalive: keepalive}); err != nil {
		t.Fatal(err)
	}
	if _, err := listener.AcceptMany(healthy, lab.Options{}); err != nil {
		t.Fatal(err)
	}
	w := watching(t, n)
	w.poll()
	c := startChurn(n)
	for end := time.Now().Add(*churnTime); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		assertHealthy(t, w.poll())
	}
	opened, err := c.end()
	if err != nil {
		t.Fatal(err)
	}
	w.until(fmt.Sprintf("two ends of each of %d connections", opened), func(s *conn.Snapshot) bool {
		assertHealthy(t, s)
		return len(w.ends()) >= 2*opened
	})
	w.poll() // and no more
	closed, died := make(map[string]int), make(map[string]int)
	for _, e := range w.ends() {
		kind := closed
		if e.Kind == conn.EventDied {
			kind = died
		}
		kind[fmt.Sprintf("%v, %v: %s", e.Cause, e.Source, e.Evidence)]++
	}
	t.Logf("%d connections came and went: %v", opened, closed)
	if ends := len(w.ends()); ends != 2*opened {
		t.Errorf("%d ends told, want the two of each of %d connections", ends, opened)
	}
	if diff := cmp.Diff(map[string]int{}, died); diff != "" {
		t.Errorf("died (-want +got)\n%s", diff)
	}
}

func assertHealthy(t *testing.T, s *conn.Snapshot) {
	t.Helper()
	th := conn.DefaultThresholds()
	for i := range s.Connections {
		c := &s.Connections[i]
		switch j := conn.Judge(c, &th); j.Verdict {
		case conn.VerdictHalfOpen, conn.VerdictProbing, conn.VerdictStalled, conn.VerdictZeroWindow:
			t.Errorf("%v to %v, %v: %v, %s", c.Local, c.Remote, c.State, j.Verdict, conn.Evidence(c, j, &th))
		}
	}
}
