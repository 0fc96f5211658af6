//go:build linux

package collector_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/lab"
)

// porterVariable makes the test binary a porter. It has the porter as JSON.
const porterVariable = "KATOP_TEST_PORTER"

// porter is a program that opens connections, or accepts them, with local ports
// that no other program has: a port tells whose the socket must be. So does its
// KEEPIDLE, once it is set.
type porter struct {
	Name    string
	First   uint16 // of its ports
	Ports   uint16
	Idle    time.Duration
	Rate    int           // connections to open a second, at most; 0: it accepts them at First
	Longest time.Duration // that it keeps one open
	Servers []netip.AddrPort

	*lab.Process `json:"-"`
	stdin        io.Closer
	out          io.Closer
	lines        *bufio.Scanner
}

// start starts the program and waits until it is at work.
func (p *porter) start(n *lab.Namespace) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env, cmd.Stderr = append(os.Environ(), porterVariable+"="+string(text)), os.Stderr
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		return err
	}
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout, p.out, p.lines = in, out, bufio.NewScanner(out)
	p.Process, err = n.Start(cmd)
	if err := errors.Join(err, in.Close()); err != nil {
		return errors.Join(err, out.Close())
	}
	_, err = p.said()
	return err
}

// said waits for what the program says: the number of its connections so far.
func (p *porter) said() (connections int, err error) {
	if !p.lines.Scan() {
		return 0, fmt.Errorf("%s has ended: %w", p.Name, errors.Join(p.lines.Err(), p.Wait()))
	}
	_, err = fmt.Sscan(p.lines.Text(), &connections)
	return connections, err
}

// carry is the inside of such a program.
func carry(text string) int {
	var p porter
	err := json.Unmarshal([]byte(text), &p)
	if err == nil {
		err = os.WriteFile("/proc/self/comm", []byte(p.Name), 0)
	}
	if err == nil {
		var stop atomic.Bool
		ended := make(chan struct{})
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop.Store(true)
			close(ended)
		}()
		if p.Rate > 0 {
			err = p.open(&stop)
		} else {
			err = p.accept(ended)
		}
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", p.Name, err)
		return 1
	}
	return 0
}

func (p *porter) keepalive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: p.Idle, Interval: 30 * time.Second, Count: 3}
}

// accept accepts connections and closes each when its client has, or says that
// it shall be the first.
func (p *porter) accept(ended <-chan struct{}) error {
	config := net.ListenConfig{KeepAliveConfig: p.keepalive()}
	l, err := config.Listen(context.Background(), "tcp4", netip.AddrPortFrom(loopback4, p.First).String())
	if err != nil {
		return err
	}
	var connections atomic.Int64
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			wg.Go(func() {
				_, _ = c.Read(make([]byte, 1)) // a byte or the end
				_ = c.Close()
			})
		}
	})
	fmt.Println(0)
	<-ended
	err = l.Close()
	wg.Wait()
	fmt.Println(connections.Load())
	return err
}

// held is how many connections a client keeps to its end, so that some owners
// are seen on however slow a machine.
const held = 5

// open opens connections, each for 0.1 s or longer, until it is to stop. Where
// the machine does not keep up, they become fewer.
func (p *porter) open(stop *atomic.Bool) error {
	for i := range uint16(held) {
		c, err := p.dial(p.First+i, p.Servers[0])
		if err != nil {
			return err
		}
		// TIME-WAIT is then the server's, and the port free for who comes next.
		defer func() { _ = closeSecond(c) }()
	}
	const tick = 10 * time.Millisecond
	var connections, lost atomic.Int64
	var failure atomic.Pointer[error]
	var wg sync.WaitGroup
	places := make(chan struct{}, 2*p.Rate) // twice as many as live at a time
	fmt.Println(0)
	due, next := 0.0, 0
	for last := time.Now(); !stop.Load() && failure.Load() == nil; time.Sleep(tick) {
		now := time.Now()
		due = min(due+now.Sub(last).Seconds()*float64(p.Rate), float64(p.Rate)/10)
		last = now
		for ; due >= 1; due-- {
			port, server := p.First+held+uint16(next%int(p.Ports-held)), p.Servers[next%len(p.Servers)]
			next++
			places <- struct{}{}
			wg.Go(func() {
				defer func() { <-places }()
				switch err := p.comeAndGo(port, server); {
				case errors.Is(err, syscall.EADDRINUSE), errors.Is(err, syscall.EADDRNOTAVAIL):
					lost.Add(1) // the one before has not gone yet
				case err != nil:
					failure.Store(&err)
				default:
					connections.Add(1)
				}
			})
		}
	}
	wg.Wait()
	fmt.Println(connections.Load())
	if err := failure.Load(); err != nil {
		return *err
	}
	if n := lost.Load(); n > connections.Load() {
		return fmt.Errorf("%d times the port was taken yet, and only %d times not", n, connections.Load())
	}
	return nil
}

func (p *porter) dial(port uint16, server netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{
		LocalAddr:       net.TCPAddrFromAddrPort(netip.AddrPortFrom(loopback4, port)),
		KeepAliveConfig: p.keepalive(),
		Control: func(_, _ string, c syscall.RawConn) error {
			var set error
			err := c.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) })
			return errors.Join(err, set)
		},
	}
	return d.Dial("tcp4", server.String())
}

func (p *porter) comeAndGo(port uint16, server netip.AddrPort) error {
	c, err := p.dial(port, server)
	if err != nil {
		return err
	}
	const shortest = 100 * time.Millisecond
	time.Sleep(shortest + rand.N(p.Longest-shortest))
	if rand.IntN(2) == 0 {
		return closeSecond(c)
	}
	return c.Close()
}

// closeSecond has the server close first.
func closeSecond(c net.Conn) error {
	if _, err := c.Write([]byte{0}); err == nil {
		_, _ = c.Read(make([]byte, 1))
	}
	return c.Close()
}
