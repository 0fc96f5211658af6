//go:build linux

package collector_test

import (
	"errors"
	"net/netip"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// The addresses of the scene that the lab has no names for.
var (
	routerAddr4 = netip.MustParseAddr("10.9.0.1")
	routerAddr6 = netip.MustParseAddr("fd00:9::1")
	loopback4   = netip.MustParseAddr("127.0.0.1")
)

// route is the way that a connection with a fault takes, to a port of its own.
type route int

const (
	viaFar    route = iota
	viaVictim       // to a process that gets killed
	viaNAT          // which forgets
	viaRouter       // where nothing gets lost
	viaLoopback
)

// routeSpan is how many ports a route has.
const routeSpan = 100

func (r route) port() uint16 { return 7000 + routeSpan*uint16(r) }

// keeping is keepalive on, in seconds.
func keeping(idle, interval, count int) lab.Options {
	return lab.Options{Keepalive: lab.Keepalive{
		On: true, Idle: time.Duration(idle) * time.Second, Interval: time.Duration(interval) * time.Second, Count: count,
	}}
}

// within adds a user timeout.
func within(o lab.Options, userTimeout time.Duration) lab.Options {
	o.Keepalive.UserTimeout = userTimeout
	return o
}

func cut(s *scene, x *trouble) error { return s.lab.ForgetPort(x.near.Local.Port(), lab.Both) }

func cutAndSend(s *scene, x *trouble) error { return errors.Join(cut(s, x), send(s, x)) }

func send(_ *scene, x *trouble) error {
	_, err := x.near.Send(10)
	return err
}

// fill sends until neither the peer's buffer nor the own takes any more.
func populate(_ *scene, x *trouble) error {
	for refused := 0; refused < 5; time.Sleep(10 * time.Millisecond) {
		n, err := x.near.Send(1 << 20)
		if err != nil {
			return err
		}
		if n > 0 {
			refused = 0
			continue
		}
		refused++
	}
	return nil
}

func givenOnce(j conn.Judgement) func(*scene, *trouble) bool {
	return func(_ *scene, x *trouble) bool { return x.given[j] > 0 }
}

// giveUp ends a connection that nobody would ever find dead.
func giveUp(after conn.Judgement) []step {
	return []step{{when: givenOnce(after), last: true, do: func(_ *scene, x *trouble) error { return x.near.Abort() }}}
}

// What the evidence of an end says.
const (
	aborted    = `its own program aborted it, with a RST to the peer \(SO_LINGER 0\)`
	unanswered = ` unanswered, silent \d+(\.\d)? s`
)
