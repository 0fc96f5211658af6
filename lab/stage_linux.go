package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// longFinTimeout is longer than TIME-WAIT, and the longest TCP_LINGER2 takes
// (TCP_FIN_TIMEOUT_MAX).
const longFinTimeout = 2 * time.Minute

// What the scenes set. The times are far longer than any test and unlike the
// kernel's defaults, so that nothing probes and nothing is right by chance.
var (
	keepaliveOn             = Options{Keepalive: Keepalive{On: true, Idle: 301 * time.Second, Interval: 31 * time.Second, Count: 3}}
	keepaliveAndUserTimeout = Options{Keepalive: Keepalive{On: true, Idle: 302 * time.Second, Interval: 32 * time.Second, Count: 4, UserTimeout: 330500 * time.Millisecond}}
	userTimeout             = Options{Keepalive: Keepalive{UserTimeout: 45500 * time.Millisecond}}
)

// stage is where States acts.
type stage struct {
	lab           *Lab
	nearNS, farNS *Namespace
	near, far     *Actor

	nearService, farService4, farService6, farDual *Socket // listeners

	expected []Expectation
}

// pair is both ends of a connection that Near dialed.
type pair struct{ near, far *Socket }

func (s *stage) dialIPv4(o Options) (pair, error) {
	return s.dial(s.farService4.Local, s.farService4, o)
}

func (s *stage) dialIPv6(o Options) (pair, error) {
	return s.dial(s.farService6.Local, s.farService6, o)
}

func (s *stage) dialMapped(o Options) (pair, error) {
	mapped := netip.AddrPortFrom(netip.AddrFrom16(FarAddr4.As16()), servicePort)
	return s.dial(mapped, s.farService4, o)
}

func (s *stage) dialDual(o Options) (pair, error) {
	return s.dial(netip.AddrPortFrom(FarAddr4, dualPort), s.farDual, o)
}

func (s *stage) dial(addr netip.AddrPort, listener *Socket, o Options) (pair, error) {
	near, err := s.near.Dial(addr, o)
	if err != nil {
		return pair{}, err
	}
	far, err := listener.Accept(Options{})
	if err != nil {
		return pair{}, err
	}
	if unmapped(far.Remote) != unmapped(near.Local) {
		return pair{}, fmt.Errorf("accepted a connection from %s, not from %s", far.Remote, near.Local)
	}
	return pair{near: near, far: far}, nil
}

// forget loses what Near sends on one connection only: its port is its own.
func (s *stage) forget(p pair) error {
	return s.lab.ForgetPort(p.near.Local.Port(), NearToFar)
}

// expect notes a socket that has an owner.
func (s *stage) expect(scene string, k *Socket, state, timer string) {
	e := s.unowned(scene, k, state, timer)
	e.Inode, e.Cookie, e.PID, e.FD, e.Keepalive = k.Inode, k.Cookie, k.PID, k.FD, &k.Keepalive
	s.expected = append(s.expected, e)
}

// expectOrphan notes a socket whose owner has closed it: it keeps its cookie.
func (s *stage) expectOrphan(scene string, k *Socket, state, timer string) {
	e := s.unowned(scene, k, state, timer)
	e.Cookie = k.Cookie
	s.expected = append(s.expected, e)
}

// expectMinisock notes what the kernel keeps a stub of only, with a cookie of
// its own.
func (s *stage) expectMinisock(scene string, k *Socket, state, timer string) {
	s.expected = append(s.expected, s.unowned(scene, k, state, timer))
}

func (s *stage) unowned(scene string, k *Socket, state, timer string) Expectation {
	netNS := s.nearNS.inode
	if k.actor == s.far {
		netNS = s.farNS.inode
	}
	return Expectation{Scene: scene, NetNS: netNS, State: state, Timer: timer, Local: k.Local, Remote: k.Remote, FD: -1}
}

// keepSending sends on a connection until it is as expected: the peer's buffer
// grows while it fills.
func (n *Namespace) keepSending(k *Socket, full Expectation) error {
	end := time.Now().Add(patience)
	for time.Now().Before(end) {
		if _, err := k.Send(1 << 24); err != nil {
			return err
		}
		sockets, err := n.dump()
		if err != nil || full.met(sockets) {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return errors.New("the peer's window did not close")
}
