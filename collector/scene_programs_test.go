//go:build linux

package collector_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// sceneVariable makes the test binary a program of the scene. It has the part.
const sceneVariable = "KATOP_TEST_SCENE"

// part is what a program of the scene does. It says so in a line of JSON, and
// what it has done in another; between the two it works until its standard input
// ends, or for as long as it can.
type part struct {
	Role   string           // "answer", "keep", "churn" or "burn"
	Listen []netip.AddrPort // of "answer"
	Beat   time.Duration    // period of heartbeats
}

// done is what a program has done: connections by where they went.
type done struct{ Loopback, Router int }

// playPart is the inside of such a program.
func playPart(text string) int {
	var p part
	err := json.Unmarshal([]byte(text), &p)
	if err == nil {
		err = os.WriteFile("/proc/self/comm", []byte(p.Role), 0)
	}
	if err == nil {
		err = p.perform()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "scene: %s: %v\n", p.Role, err)
		return 1
	}
	return 0
}

func (p part) perform() error {
	var stop atomic.Bool
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop.Store(true)
		close(ended)
	}()
	say := func(d done) error { return json.NewEncoder(os.Stdout).Encode(d) }
	var work func() (done, error)
	switch p.Role {
	case "answer":
		if err := p.answer(); err != nil {
			return err
		}
	case "keep":
		kept, err := p.keep()
		if err != nil {
			return err
		}
		defer func() {
			for _, c := range kept {
				_ = c.Close()
			}
		}()
	case "churn":
		work = func() (done, error) { return churnUntil(&stop) }
	case "burn":
		work = burn
	}
	err := say(done{})
	if err == nil && work != nil {
		var d done
		if d, err = work(); err == nil {
			err = say(d)
		}
	}
	<-ended
	return err
}

// answer sends back what comes, until the other side closes.
func (p part) answer() error {
	for _, at := range p.Listen {
		k := kindOf(at.Port(), p.Beat)
		config := net.ListenConfig{KeepAlive: -1, KeepAliveConfig: k.keepalive}
		l, err := config.Listen(context.Background(), "tcp", at.String())
		if err != nil {
			return err
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				if err := setUserTimeout(c, k.userTimeout); err != nil {
					panic(err)
				}
				go echo(c, at.Port() == serverFirst)
			}
		}()
	}
	return nil
}

func echo(c net.Conn, once bool) {
	defer func() { _ = c.Close() }()
	b := make([]byte, 1<<12)
	for {
		n, err := c.Read(b)
		if err == nil {
			_, err = c.Write(b[:n])
		}
		if err != nil || once {
			return
		}
	}
}

// keep opens the healthy connections, and has those exchange something that do
// so all their life.
func (p part) keep() (kept []net.Conn, err error) {
	for i, k := range kinds(p.Beat) {
		for _, w := range whereabouts {
			for range k.connections * w.percent / 100 {
				d := net.Dialer{KeepAlive: -1, KeepAliveConfig: k.keepalive}
				c, err := d.Dial("tcp", netip.AddrPortFrom(w.addr, kindPort+uint16(i)).String())
				if err != nil {
					return nil, err
				}
				kept = append(kept, c)
				if err := errors.Join(setUserTimeout(c, k.userTimeout), exchange(c, max(1, k.bytes))); err != nil {
					return nil, err
				}
				if k.every > 0 {
					go exchangeEvery(c, k.bytes, k.every)
				}
			}
		}
	}
	return kept, nil
}

func setUserTimeout(c net.Conn, timeout time.Duration) error {
	if timeout == 0 {
		return nil
	}
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(timeout.Milliseconds()))
	})
	return errors.Join(err, set)
}

func exchange(c net.Conn, n int) error {
	b := make([]byte, n)
	if _, err := c.Write(b); err != nil {
		return err
	}
	_, err := io.ReadFull(c, b)
	return err
}

// exchangeEvery exchanges with a jitter of a fifth.
func exchangeEvery(c net.Conn, n int, period time.Duration) {
	time.Sleep(time.Duration(rand.Int64N(int64(period))))
	for exchange(c, n) == nil {
		time.Sleep(time.Duration(float64(period) * (0.8 + 0.4*rand.Float64())))
	}
}
