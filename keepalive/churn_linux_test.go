package keepalive_test

import (
	"flag"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

var churnTime = flag.Duration("churn", 8*time.Second, "how long TestChurn runs")

// churn is a number of descriptors that are closed and used again at random. Of
// each it knows the marks that its present connection was named by.
type churn struct {
	mu           sync.Mutex
	slots        []slot
	defaultCount int
}

type slot struct {
	fd     int
	target conn.Connection
	asked  bool // it was handed to Apply with count
	count  int
}

// A thousand descriptors are closed and opened again while Apply runs on what
// they were a moment ago: nothing reaches a connection other than its target.
// Each target is given a count of its own, which its owner looks for.
func TestChurn(t *testing.T) {
	t.Parallel()
	duration := *churnTime
	if testing.Short() {
		duration = 2 * time.Second
	}
	const descriptors = 1000
	listener := listen(t)
	go drain(listener)
	c := &churn{slots: make([]slot, descriptors), defaultCount: settingsOf(t, tcpSocket(t)).Count}
	for i := range c.slots {
		c.open(t, i, listener)
	}
	end := time.Now().Add(duration)
	var wait sync.WaitGroup
	wait.Go(func() {
		for time.Now().Before(end) && !t.Failed() {
			c.replace(t, rand.IntN(descriptors), listener)
		}
	})
	control := controller(t)
	done, gone := 0, 0
	for time.Now().Before(end) && !t.Failed() {
		count := 20 + rand.IntN(100)
		targets := c.choose(200, count)
		time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
		s := conn.Setting{State: conn.KeepaliveOn, Params: conn.Params{Idle: 20000 * time.Second, Count: count}}
		results, err := control.Apply(t.Context(), targets, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			switch r.Outcome {
			case conn.OutcomeDone, conn.OutcomeUnchanged:
				done++
			case conn.OutcomeGone:
				gone++
			default:
				t.Errorf("%v %q; want done or gone", r.Outcome, r.Reason)
			}
		}
	}
	wait.Wait()
	for i := range c.slots {
		c.verify(t, i)
		_ = unix.Close(c.slots[i].fd)
	}
	if done == 0 || gone == 0 {
		t.Errorf("%d changed and %d gone; want some of both", done, gone)
	}
	t.Logf("%d changed, %d gone", done, gone)
}

// choose names some connections that are to get the count.
func (c *churn) choose(n, count int) []conn.Connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	var targets []conn.Connection
	for _, i := range rand.Perm(len(c.slots))[:n] {
		s := &c.slots[i]
		if !s.asked {
			s.asked, s.count = true, count
			targets = append(targets, s.target)
		}
	}
	return targets
}

// replace closes a descriptor, after it has looked what became of it, and opens
// another connection under the same number.
func (c *churn) replace(t *testing.T, i int, listener net.Listener) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.verify(t, i)
	_ = unix.Close(c.slots[i].fd)
	c.open(t, i, listener)
}

// open makes a new connection, with a RST at its end so that no port stays
// taken.
func (c *churn) open(t *testing.T, i int, listener net.Listener) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Error(err)
		return
	}
	at := netip.MustParseAddrPort(listener.Addr().String())
	if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())}); err != nil {
		t.Error(err)
	}
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		t.Error(err)
	}
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		t.Error(err)
	}
	local, err := unix.Getsockname(fd)
	if err != nil {
		t.Error(err)
		return
	}
	c.slots[i] = slot{fd: fd, target: conn.Connection{
		Cookie: cookie, State: conn.StateEstablished, Family: conn.IPv4, Local: addrPort(local), Remote: at,
		Owners: []conn.Owner{{PID: int32(os.Getpid()), FD: int32(fd), Name: "churn"}},
	}}
}

// verify looks whether a connection has what it was meant to get, or nothing.
func (c *churn) verify(t *testing.T, i int) {
	s := &c.slots[i]
	if now := target(t, s.fd).Cookie; now != s.target.Cookie {
		t.Errorf("descriptor %d is connection %d, not %d: somebody else closed it", s.fd, now, s.target.Cookie)
		return
	}
	on, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE)
	if err != nil {
		t.Error(err)
		return
	}
	count, err := unix.GetsockoptInt(s.fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT)
	if err != nil {
		t.Error(err)
	}
	touched := on != 0 || count != c.defaultCount
	if touched && (!s.asked || count != s.count) {
		t.Errorf("connection %d of descriptor %d has keepalive with count %d; it was meant to get %d: %v", s.target.Cookie, s.fd, count, s.count, s.asked)
	}
}

// drain accepts connections and lets go of them when their peer does.
func drain(l net.Listener) {
	for {
		accepted, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			_, _ = accepted.Read(make([]byte, 1))
			_ = accepted.Close()
		}()
	}
}
