//go:build linux

package collector_test

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// TestZeroWindowEndings: a peer that takes no data is given up when it does not
// answer window probes any more, and under a user timeout even if it does. That
// is no keepalive timeout, although probes are counted, and no reset.
func TestZeroWindowEndings(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	if err := l.Near.SetSysctl("net.ipv4.tcp_retries2", "3"); err != nil {
		t.Fatal(err)
	}
	near, far := startActor(t, l.Near, "pool"), startActor(t, l.Far(), "far")
	listener, err := far.Listen(netip.AddrPortFrom(lab.FarAddr4, 7000), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := watching(t, l.Near)
	w.poll()
	cases := []*struct {
		o      lab.Options
		cut    bool
		cause  conn.Cause
		source conn.Source
		dialed *lab.Socket
	}{
		{lab.Options{}, true, conn.CauseRetransmitTimeout, conn.SourceRead, nil},
		{lab.Options{Keepalive: lab.Keepalive{UserTimeout: 1500 * time.Millisecond}}, false, conn.CauseUserTimeout, conn.SourceInferred, nil},
	}
	for _, tt := range cases {
		tt.dialed, err = near.Dial(listener.Local, tt.o)
		if err == nil {
			_, err = listener.Accept(lab.Options{})
		}
		if err == nil {
			err = stuff(tt.dialed)
		}
		if err == nil && tt.cut {
			err = l.ForgetPort(tt.dialed.Local.Port(), lab.Both)
		}
		if err != nil {
			t.Fatal(err)
		}
		w.until("window probes", func(s *conn.Snapshot) bool {
			c := connectionOf(s, tt.dialed)
			return c != nil && c.Timer.Kind == conn.TimerZeroWindow
		})
	}
	for _, tt := range cases {
		if err := errors.Join(awaitErrno(tt.dialed, syscall.ETIMEDOUT), tt.dialed.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range cases {
		w.ended(tt.dialed)
		peer := tt.dialed.Remote.String()
		compareEvents(t, w, tt.dialed,
			told{Kind: conn.EventOpened, Owner: "pool", Remote: peer},
			told{conn.EventDied, tt.cause, tt.source, "pool", peer})
	}
}

// stuff sends until the peer, which does not read, has taken no more for a while.
func stuff(s *lab.Socket) error {
	for last, same := -1, 0; same < 10; time.Sleep(50 * time.Millisecond) {
		if _, err := s.Send(1 << 20); err != nil {
			return err
		}
		_, waiting, err := s.Queues()
		if err != nil {
			return err
		}
		if waiting != last {
			last, same = waiting, 0
		}
		same++
	}
	return nil
}
