//go:build linux

package collector_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// churnUntil opens connections and closes them, some at once and some after a
// while, some before the other side does and some after it.
func churnUntil(stop *atomic.Bool) (done, error) {
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	var loopback, router atomic.Int64
	for _, w := range []struct {
		to      netip.AddrPort
		workers int
		hold    time.Duration // up to
		pause   time.Duration
		count   *atomic.Int64
	}{
		{netip.AddrPortFrom(loopback4, clientFirst), 3, 0, 10 * time.Millisecond, &loopback},
		{netip.AddrPortFrom(loopback4, serverFirst), 2, 0, 15 * time.Millisecond, &loopback},
		{netip.AddrPortFrom(loopback4, clientFirst), 30, 1500 * time.Millisecond, 0, &loopback},
		{netip.AddrPortFrom(routerAddr4, serverFirst), 2, 0, 20 * time.Millisecond, &router},
	} {
		for range w.workers {
			wg.Go(func() {
				for ; !stop.Load(); time.Sleep(w.pause) {
					if err := comeAndGo(w.to, w.hold); err != nil {
						failed.Store(&err)
						return
					}
					w.count.Add(1)
				}
			})
		}
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return done{}, *err
	}
	return done{Loopback: int(loopback.Load()), Router: int(router.Load())}, nil
}

func comeAndGo(to netip.AddrPort, hold time.Duration) error {
	c, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(to))
	if err != nil {
		return err
	}
	err = errors.Join(c.SetKeepAlive(false), exchange(c, 1+rand.IntN(200)))
	if hold > 0 {
		time.Sleep(rand.N(hold))
	}
	if to.Port() == serverFirst {
		_, read := c.Read(make([]byte, 1))
		if read != io.EOF {
			err = errors.Join(err, fmt.Errorf("the other side was to close: %w", read))
		}
	}
	return errors.Join(err, c.Close())
}

// burn opens connections to one address and closes them at once, until the
// kernel has no port left for another.
func burn() (d done, err error) {
	to := net.TCPAddrFromAddrPort(netip.AddrPortFrom(routerAddr4, burnPort))
	for {
		c, err := net.DialTCP("tcp", nil, to)
		if errors.Is(err, syscall.EADDRNOTAVAIL) {
			return d, nil
		}
		if err == nil {
			err = c.Close()
		}
		if err != nil {
			return d, err
		}
		d.Router++
		time.Sleep(5 * time.Millisecond)
	}
}
