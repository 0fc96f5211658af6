package lab

import (
	"fmt"
	"net/netip"
)

// Ports of the scenes. Whoever dials does so from a port of the kernel's choice.
const (
	servicePort = 7000  // listeners
	dualPort    = 7001  // Far's listener on [::] that takes IPv4 as well
	deadPort    = 7009  // forgotten: a SYN to it is lost
	unheardPort = 17000 // of the client whose SYN arrives and whose SYN-ACK is lost
)

// States makes a connection in each state that can be held still and returns
// all sockets of both ends as they are to be seen then: in a new lab these and
// no others. Two actors, "near" and "far", own them until the lab is closed.
// Minisocks last for a minute, retransmissions for longer. The ports that take
// part stay forgotten: Restore lets the states go on.
func (l *Lab) States() ([]Expectation, error) {
	s := &stage{lab: l, nearNS: l.Near, farNS: l.Far()}
	for _, scene := range []struct {
		name string
		play func(name string) error
	}{
		{"actors", s.enter},
		{"listener", s.listen},
		{"connection without keepalive", s.established(Options{}, s.dialIPv4)},
		{"connection with keepalive", s.established(keepaliveOn, s.dialIPv4)},
		{"connection with keepalive over IPv6", s.established(keepaliveOn, s.dialIPv6)},
		{"IPv4 connection dialed from an IPv6 socket", s.established(keepaliveOn, s.dialMapped)},
		{"IPv4 connection accepted by an IPv6 socket", s.established(keepaliveOn, s.dialDual)},
		{"connection with keepalive and user timeout", s.established(keepaliveAndUserTimeout, s.dialIPv4)},
		{"connection with user timeout alone", s.established(userTimeout, s.dialIPv4)},
		{"SYN lost", s.synSent},
		{"SYN-ACK lost", s.synRecv},
		{"data lost", s.retransmitting},
		{"data never read", s.zeroWindow},
		{"closed by the peer", s.closeWait},
		{"half closed", s.finWait2},
		{"half closed with keepalive", s.finWait2Keepalive},
		{"closed, peer still open", s.finWait2Minisock},
		{"closed, peer still open, long FIN timeout", s.finWait2Orphan},
		{"FIN lost", s.finWait1},
		{"FIN lost after closing", s.finWait1Orphan},
		{"closed after the peer, FIN lost", s.lastAck},
		{"FINs crossed", s.closing},
		{"closed by both", s.timeWait},
	} {
		if err := scene.play(scene.name); err != nil {
			return nil, fmt.Errorf("scene %q: %w", scene.name, err)
		}
	}
	for _, n := range []*Namespace{s.nearNS, s.farNS} {
		if err := n.awaitAll(s.expected...); err != nil {
			return nil, err
		}
	}
	return s.expected, nil
}

func (s *stage) enter(string) (err error) {
	if s.near, err = s.nearNS.StartActor(ActorOptions{Name: "near"}); err != nil {
		return err
	}
	s.far, err = s.farNS.StartActor(ActorOptions{Name: "far"})
	return err
}

func (s *stage) listen(name string) error {
	for _, l := range []struct {
		actor    *Actor
		addr     netip.AddrPort
		options  Options
		listener **Socket
	}{
		{s.near, netip.AddrPortFrom(NearAddr4, servicePort), Options{}, &s.nearService},
		{s.near, netip.AddrPortFrom(NearAddr6, servicePort), Options{V6Only: true, Keepalive: keepaliveOn.Keepalive}, new(*Socket)},
		{s.far, netip.AddrPortFrom(FarAddr4, servicePort), Options{}, &s.farService4},
		{s.far, netip.AddrPortFrom(FarAddr6, servicePort), Options{V6Only: true}, &s.farService6},
		{s.far, netip.AddrPortFrom(netip.IPv6Unspecified(), dualPort), Options{}, &s.farDual},
	} {
		socket, err := l.actor.Listen(l.addr, l.options)
		if err != nil {
			return err
		}
		*l.listener = socket
		s.expect(name, socket, "LISTEN", "none")
	}
	return nil
}

// established makes a plain connection; Far's end of it has no keepalive.
func (s *stage) established(o Options, dial func(Options) (pair, error)) func(string) error {
	return func(name string) error {
		p, err := dial(o)
		if err != nil {
			return err
		}
		timer := "none"
		if o.Keepalive.On {
			timer = "keepalive"
		}
		s.expect(name, p.near, "ESTABLISHED", timer)
		s.expect(name, p.far, "ESTABLISHED", "none")
		return nil
	}
}

func (s *stage) synSent(name string) error {
	if err := s.lab.ForgetPort(deadPort, NearToFar); err != nil {
		return err
	}
	socket, err := s.near.StartDial(netip.AddrPortFrom(FarAddr4, deadPort), keepaliveOn)
	if err != nil {
		return err
	}
	s.expect(name, socket, "SYN-SENT", "retransmit")
	return nil
}

func (s *stage) synRecv(name string) error {
	if err := s.lab.ForgetPort(unheardPort, NearToFar); err != nil {
		return err
	}
	socket, err := s.far.StartDial(s.nearService.Local, Options{Bind: netip.AddrPortFrom(FarAddr4, unheardPort)})
	if err != nil {
		return err
	}
	s.expect(name, socket, "SYN-SENT", "retransmit")
	s.expectMinisock(name, &Socket{actor: s.near, Local: socket.Remote, Remote: socket.Local}, "SYN-RECV", "retransmit")
	return nil
}

func (s *stage) retransmitting(name string) error {
	p, err := s.dialIPv4(keepaliveOn)
	if err != nil {
		return err
	}
	if err := s.forget(p); err != nil {
		return err
	}
	if _, err := p.near.Send(100); err != nil {
		return err
	}
	s.expect(name, p.near, "ESTABLISHED", "retransmit")
	s.expect(name, p.far, "ESTABLISHED", "none")
	return nil
}

// zeroWindow sends until neither the peer's buffer nor the own takes any more.
func (s *stage) zeroWindow(name string) error {
	p, err := s.dialIPv4(Options{SendBuffer: 1 << 14})
	if err != nil {
		return err
	}
	s.expect(name, p.near, "ESTABLISHED", "zero-window")
	s.expect(name, p.far, "ESTABLISHED", "none")
	full := s.expected[len(s.expected)-2]
	return s.nearNS.keepSending(p.near, full)
}

func (s *stage) closeWait(name string) error {
	p, err := s.dialIPv4(keepaliveOn)
	if err != nil {
		return err
	}
	s.expect(name, p.near, "CLOSE-WAIT", "keepalive")
	s.expect(name, p.far, "FIN-WAIT-2", "none")
	return p.far.CloseWrite()
}

func (s *stage) finWait2(name string) error {
	p, err := s.dialIPv4(Options{})
	if err != nil {
		return err
	}
	s.expect(name, p.near, "FIN-WAIT-2", "none")
	s.expect(name, p.far, "CLOSE-WAIT", "none")
	return p.near.CloseWrite()
}

func (s *stage) finWait2Keepalive(name string) error {
	p, err := s.dialIPv4(keepaliveOn)
	if err != nil {
		return err
	}
	s.expect(name, p.near, "FIN-WAIT-2", "keepalive")
	s.expect(name, p.far, "CLOSE-WAIT", "none")
	return p.near.CloseWrite()
}

// finWait2Minisock closes under the default FIN timeout, which is no longer than
// TIME-WAIT: the kernel keeps a minisock only.
func (s *stage) finWait2Minisock(name string) error {
	p, err := s.dialIPv4(Options{})
	if err != nil {
		return err
	}
	s.expectMinisock(name, p.near, "FIN-WAIT-2", "time-wait")
	s.expect(name, p.far, "CLOSE-WAIT", "none")
	return p.near.Close()
}

// finWait2Orphan closes under a FIN timeout that is longer than TIME-WAIT: the
// kernel keeps the socket itself for what exceeds it (tcp_rcv_state_process).
func (s *stage) finWait2Orphan(name string) error {
	p, err := s.dialIPv4(Options{FinTimeout: longFinTimeout})
	if err != nil {
		return err
	}
	s.expectOrphan(name, p.near, "FIN-WAIT-2", "fin-wait")
	s.expect(name, p.far, "CLOSE-WAIT", "none")
	return p.near.Close()
}

func (s *stage) finWait1(name string) error {
	p, err := s.dialIPv4(keepaliveOn)
	if err != nil {
		return err
	}
	if err := s.forget(p); err != nil {
		return err
	}
	s.expect(name, p.near, "FIN-WAIT-1", "retransmit")
	s.expect(name, p.far, "ESTABLISHED", "none")
	return p.near.CloseWrite()
}

func (s *stage) finWait1Orphan(name string) error {
	p, err := s.dialIPv4(Options{})
	if err != nil {
		return err
	}
	if err := s.forget(p); err != nil {
		return err
	}
	s.expectOrphan(name, p.near, "FIN-WAIT-1", "retransmit")
	s.expect(name, p.far, "ESTABLISHED", "none")
	return p.near.Close()
}

func (s *stage) lastAck(name string) error {
	p, err := s.dialIPv4(Options{})
	if err != nil {
		return err
	}
	if err := p.far.CloseWrite(); err != nil {
		return err
	}
	s.expect(name, p.far, "FIN-WAIT-2", "none")
	if err := s.farNS.awaitAll(s.expected[len(s.expected)-1]); err != nil {
		return err
	}
	if err := s.forget(p); err != nil {
		return err
	}
	s.expectOrphan(name, p.near, "LAST-ACK", "retransmit")
	return p.near.Close()
}

// closing loses what Near sends, its own FIN and the ACK of Far's: each end has
// sent a FIN that is not acknowledged, and Near has received one.
func (s *stage) closing(name string) error {
	p, err := s.dialIPv4(Options{})
	if err != nil {
		return err
	}
	if err := s.forget(p); err != nil {
		return err
	}
	if err := p.near.CloseWrite(); err != nil {
		return err
	}
	s.expect(name, p.near, "CLOSING", "retransmit")
	s.expect(name, p.far, "FIN-WAIT-1", "retransmit")
	return p.far.CloseWrite()
}

func (s *stage) timeWait(name string) error {
	p, err := s.dialIPv4(Options{})
	if err != nil {
		return err
	}
	if err := p.near.Close(); err != nil {
		return err
	}
	if _, err := p.far.Receive(1); err != nil { // Near's FIN
		return err
	}
	s.expectMinisock(name, p.near, "TIME-WAIT", "time-wait")
	return p.far.Close()
}
