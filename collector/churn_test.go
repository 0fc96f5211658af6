//go:build linux

package collector_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// churn opens and closes hundreds of connections a second in a namespace, from
// two threads, until stop. Both ends close in turn, as the programs of healthy
// connections do.
func churn(n *lab.Namespace, stop *atomic.Bool) (opened int, err error) {
	var wg sync.WaitGroup
	counts, errs := make([]int, 2), make([]error, 2)
	for i := range counts {
		wg.Go(func() {
			errs[i] = n.Do(func() error {
				l, err := net.Listen("tcp4", "127.0.0.1:0")
				if err != nil {
					return err
				}
				defer l.Close()
				for ; !stop.Load(); counts[i]++ {
					if err := openAndClose(l); err != nil {
						return err
					}
					time.Sleep(2 * time.Millisecond)
				}
				return nil
			})
		})
	}
	wg.Wait()
	return counts[0] + counts[1], errors.Join(errs...)
}

func openAndClose(l net.Listener) error {
	dialed, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		return err
	}
	accepted, err := l.Accept()
	if err != nil {
		return errors.Join(err, dialed.Close())
	}
	b := make([]byte, 1)
	_, wrote := dialed.Write(b)
	_, read := accepted.Read(b)
	return errors.Join(wrote, read, dialed.Close(), accepted.Close())
}

// TestHealthyUnderChurn: hundreds of healthy connections on loopback, every one
// of which has its mirror, and hundreds a second that come and go. None is
// called half-open, and none that has closed is said to have died.
func TestHealthyUnderChurn(t *testing.T) {
	t.Parallel()
	needLab(t)
	if os.Getenv("KATOP_SOAK") == "" {
		t.Skip("a test of endurance, at home on a machine that does nothing else: KATOP_SOAK=1 asks for it")
	}
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
	var stop atomic.Bool
	var opened int
	var churnErr error
	churned := make(chan struct{})
	go func() {
		opened, churnErr = churn(n, &stop)
		close(churned)
	}()
	th := conn.DefaultThresholds()
	polls := 0
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		s := w.poll()
		polls++
		for i := range s.Connections {
			c := &s.Connections[i]
			if j := conn.Judge(c, &th); j.Verdict == conn.VerdictHalfOpen || j.Verdict == conn.VerdictStalled {
				t.Errorf("poll %d: %v to %v, %v: %v, %s", polls, c.Local, c.Remote, c.State, j.Verdict, conn.Evidence(c, j, &th))
			}
		}
	}
	stop.Store(true)
	<-churned
	if churnErr != nil {
		t.Fatal(churnErr)
	}
	w.poll()
	w.poll()
	count := make(map[string]int)
	for i := range w.events {
		e := &w.events[i]
		count[e.Kind.String()+" "+e.Cause.String()+" "+e.Source.String()]++
	}
	t.Logf("%d polls, %d connections came and went: %v", polls, opened, count)
	died := make(map[string]int)
	for i := range w.events {
		if e := &w.events[i]; e.Kind == conn.EventDied {
			died[e.Cause.String()+" of "+e.Connection.State.String()+": "+e.Evidence]++
		}
	}
	if diff := cmp.Diff(map[string]int{}, died); diff != "" {
		t.Errorf("died (-want +got)\n%s", diff)
	}
	// Each has two ends. Of one that no dump held it cannot be told whether its
	// FIN or its SYN was acknowledged: that is inferred.
	if ends := count["closed closed read"] + count["closed closed inferred"]; ends != 2*opened {
		t.Errorf("%d ends closed, want the two of each of %d connections", ends, opened)
	}
}
