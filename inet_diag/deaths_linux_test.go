package inetdiag

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// death is what tells one end of a connection from another.
type death struct {
	Retransmitted bool // tcpi_retransmits
	Probes        uint8
	FINs          int64 // own ones acknowledged: they count among tcpi_bytes_acked
	PeersFINs     int64 // among tcpi_bytes_received
	Erased        bool  // the addresses and counters are gone
}

const sentBytes, receivedBytes = 100, 50

func deathOf(s *Socket) death {
	i := &s.Info
	if s.ID.Remote.Port() == 0 {
		return death{Erased: true}
	}
	return death{
		Retransmitted: i.Retransmits > 0, Probes: i.Probes,
		FINs:      int64(i.BytesAcked) - sentBytes - 1, // the SYN
		PeersFINs: int64(i.BytesReceived) - receivedBytes,
	}
}

// deathScene is a connection and its end.
type deathScene struct {
	name       string
	peer       netip.Addr
	keepalive  lab.Keepalive
	begin, end func(near, far *lab.Socket) error // begin for all, then end for all
	want       death

	near, far *lab.Socket
}

// deathScenes are all the ways to end; c ends sockets of Near.
func deathScenes(l *lab.Lab, c *Conn) []*deathScene {
	keepalive := lab.Keepalive{On: true, Idle: time.Second, Interval: time.Second, Count: 2}
	userTimeout := keepalive
	userTimeout.UserTimeout = 1500 * time.Millisecond
	cut := func(near, _ *lab.Socket) error { return l.ForgetPort(near.Local.Port(), lab.Both) }
	cutAndSend := func(near, far *lab.Socket) error {
		err := cut(near, far)
		_, sendErr := near.Send(10)
		return errors.Join(err, sendErr)
	}
	nothing := func(_, _ *lab.Socket) error { return nil }
	return []*deathScene{
		{name: "keepalive", peer: lab.FarAddr4, keepalive: keepalive, begin: cut, end: timedOut, want: death{Probes: 2}},
		{name: "keepalive over IPv6", peer: lab.FarAddr6, keepalive: keepalive, begin: cut, end: timedOut, want: death{Probes: 2}},
		{name: "keepalive under a user timeout", peer: lab.FarAddr4, keepalive: userTimeout, begin: cut, end: timedOut, want: death{Probes: 1}},
		{name: "retransmission", peer: lab.FarAddr4, begin: cutAndSend, end: timedOut, want: death{Retransmitted: true}},
		{name: "retransmission under a user timeout", peer: lab.FarAddr4, keepalive: userTimeout, begin: cutAndSend, end: timedOut, want: death{Retransmitted: true}},
		{name: "closed", peer: lab.FarAddr4, keepalive: keepalive, begin: nothing, end: closeBoth, want: death{FINs: 1, PeersFINs: 1}},
		{name: "reset by the peer", peer: lab.FarAddr4, keepalive: keepalive, begin: nothing, end: func(near, far *lab.Socket) error {
			err := far.Abort()
			_, awaited := near.AwaitError(10 * time.Second)
			return errors.Join(err, awaited, near.Close())
		}},
		{name: "killed", peer: lab.FarAddr4, keepalive: keepalive, begin: nothing, end: func(near, _ *lab.Socket) error {
			id := SocketID{Local: near.Local, Remote: near.Remote, Cookie: near.Cookie}
			return errors.Join(c.Destroy(context.Background(), FamilyIPv4, id), near.Close())
		}},
		// tcp_disconnect empties the socket, its peer's address too.
		{name: "aborted", peer: lab.FarAddr4, keepalive: keepalive, begin: nothing, end: func(near, _ *lab.Socket) error {
			return near.Abort()
		}, want: death{Erased: true}},
	}
}

// timedOut waits until the kernel has given the connection up.
func timedOut(near, _ *lab.Socket) error {
	d, err := near.AwaitError(10 * time.Second)
	if err == nil && d.Errno != syscall.ETIMEDOUT {
		err = fmt.Errorf("the owner finds %w, want ETIMEDOUT", d.Errno)
	}
	return errors.Join(err, near.Close())
}

// closeBoth closes Near first, then Far, each after the other's FIN.
func closeBoth(near, far *lab.Socket) error {
	err := near.CloseWrite()
	_, farErr := far.Receive(1)
	err = errors.Join(err, farErr, far.Close())
	_, nearErr := near.Receive(1)
	return errors.Join(err, nearErr, near.Close())
}

// play opens all connections and ends them all.
func play(t *testing.T, l *lab.Lab, scenes []*deathScene) {
	t.Helper()
	near, err := l.Near.StartActor(lab.ActorOptions{Name: "near"})
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Far().StartActor(lab.ActorOptions{Name: "far"})
	if err != nil {
		t.Fatal(err)
	}
	listeners := make(map[netip.Addr]*lab.Socket)
	for _, addr := range []netip.Addr{lab.FarAddr4, lab.FarAddr6} {
		if listeners[addr], err = far.Listen(netip.AddrPortFrom(addr, 7000), lab.Options{V6Only: addr.Is6()}); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range scenes {
		s.near, err = near.Dial(listeners[s.peer].Local, lab.Options{Keepalive: s.keepalive})
		if err == nil {
			s.far, err = listeners[s.peer].Accept(lab.Options{})
		}
		if err == nil {
			err = exchange(s.near, s.far)
		}
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
	settle()
	for _, s := range scenes {
		if err := s.begin(s.near, s.far); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
	for _, s := range scenes {
		if err := s.end(s.near, s.far); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
}

// exchange sends data both ways and lets it be acknowledged.
func exchange(near, far *lab.Socket) error {
	for _, way := range []struct {
		from, to *lab.Socket
		n        int
	}{{near, far, sentBytes}, {far, near, receivedBytes}} {
		if _, err := way.from.Send(way.n); err != nil {
			return err
		}
		if _, err := way.to.Receive(way.n); err != nil {
			return err
		}
	}
	return nil
}
