//go:build linux

package collector_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
	"github.com/katop/katop/lab"
)

// ending is a connection of Near's and what becomes of it.
type ending struct {
	name       string
	keepalive  lab.Keepalive
	begin, end func(near, far *lab.Socket) error // begin for all, then end for each
	want       told

	near, far *lab.Socket
}

// told is what an event says.
type told struct {
	Kind   conn.EventKind
	Cause  conn.Cause
	Source conn.Source
	Owner  string
	Remote string
}

func tell(e *conn.Event) told {
	owner, _ := e.Connection.Owner()
	return told{e.Kind, e.Cause, e.Source, owner.Name, e.Connection.Remote.String()}
}

// endings are all the ways to end.
func endings(l *lab.Lab, w *watch) []*ending {
	keepalive := lab.Keepalive{On: true, Idle: time.Second, Interval: time.Second, Count: 2}
	userTimeout := keepalive
	userTimeout.UserTimeout = 1500 * time.Millisecond
	late := keepalive
	late.Idle = 2 * time.Second
	lateUserTimeout := late
	lateUserTimeout.UserTimeout = 1500 * time.Millisecond
	died := func(c conn.Cause, s conn.Source) told { return told{Kind: conn.EventDied, Cause: c, Source: s} }
	cut := func(near, _ *lab.Socket) error { return l.ForgetPort(near.Local.Port(), lab.Both) }
	cutAndSend := func(near, far *lab.Socket) error {
		err := cut(near, far)
		_, sendErr := near.Send(10)
		return errors.Join(err, sendErr)
	}
	nothing := func(_, _ *lab.Socket) error { return nil }
	timedOut := func(near, _ *lab.Socket) error { return errors.Join(awaitErrno(near, syscall.ETIMEDOUT), near.Close()) }
	return []*ending{
		{name: "peer rebooted", keepalive: late, begin: func(near, far *lab.Socket) error {
			// Its RST is lost: Near finds out by its first probe. This comes before
			// the other faults, which Restore would end too.
			return errors.Join(l.Lose(lab.FarToNear), far.Abort(), l.Restore())
		}, end: func(near, _ *lab.Socket) error {
			return errors.Join(awaitErrno(near, syscall.ECONNRESET), near.Close())
		}, want: died(conn.CauseReset, conn.SourceInferred)},
		{name: "peer rebooted, user timeout", keepalive: lateUserTimeout, begin: func(near, far *lab.Socket) error {
			return errors.Join(l.Lose(lab.FarToNear), far.Abort(), l.Restore())
		}, end: func(near, _ *lab.Socket) error {
			return errors.Join(awaitErrno(near, syscall.ECONNRESET), near.Close())
		}, want: died(conn.CauseReset, conn.SourceInferred)},
		{name: "idle, link cut", keepalive: keepalive, begin: cut, end: timedOut, want: died(conn.CauseKeepaliveTimeout, conn.SourceRead)},
		{name: "idle, link cut, dead end kept", keepalive: keepalive, begin: cut, end: func(near, _ *lab.Socket) error {
			return awaitErrno(near, syscall.ETIMEDOUT)
		}, want: died(conn.CauseKeepaliveTimeout, conn.SourceInferred)},
		{name: "idle, link cut, user timeout", keepalive: userTimeout, begin: cut, end: timedOut, want: died(conn.CauseUserTimeout, conn.SourceRead)},
		{name: "data in flight, link cut", begin: cutAndSend, end: timedOut, want: died(conn.CauseRetransmitTimeout, conn.SourceRead)},
		{name: "data in flight, link cut, user timeout", keepalive: userTimeout, begin: cutAndSend, end: timedOut, want: died(conn.CauseUserTimeout, conn.SourceRead)},
		{name: "reset by the peer", keepalive: keepalive, begin: nothing, end: func(near, far *lab.Socket) error {
			return errors.Join(far.Abort(), awaitErrno(near, syscall.ECONNRESET), near.Close())
		}, want: died(conn.CauseReset, conn.SourceInferred)},
		{name: "aborted here", keepalive: keepalive, begin: nothing, end: func(near, _ *lab.Socket) error {
			return near.Abort()
		}, want: died(conn.CauseReset, conn.SourceRead)},
		{name: "aborted here, link cut, data in flight", begin: cutAndSend, end: func(near, _ *lab.Socket) error {
			return near.Abort()
		}, want: died(conn.CauseReset, conn.SourceRead)},
		{name: "killed", keepalive: keepalive, begin: nothing, end: func(near, _ *lab.Socket) error {
			err := destroy(l.Near, near)
			w.Killed(conn.ID{NetNS: l.Near.Inode(), Cookie: near.Cookie})
			return errors.Join(err, near.Close())
		}, want: died(conn.CauseKilled, conn.SourceRead)},
		{name: "closed here first", keepalive: keepalive, begin: nothing, end: closeInTurn, want: told{Kind: conn.EventClosed, Cause: conn.CauseClosed, Source: conn.SourceRead}},
		{name: "closed by the peer first", keepalive: keepalive, begin: nothing, end: func(near, far *lab.Socket) error {
			return closeInTurn(far, near)
		}, want: told{Kind: conn.EventClosed, Cause: conn.CauseClosed, Source: conn.SourceRead}},
	}
}

func awaitErrno(s *lab.Socket, want syscall.Errno) error {
	d, err := s.AwaitError(15 * time.Second)
	if err == nil && d.Errno != want {
		err = fmt.Errorf("the owner finds %w, not what was wanted: %w", d.Errno, want)
	}
	return err
}

func closeInTurn(first, second *lab.Socket) error {
	err := first.CloseWrite()
	_, secondErr := second.Receive(1)
	err = errors.Join(err, secondErr, second.Close())
	_, firstErr := first.Receive(1)
	return errors.Join(err, firstErr, first.Close())
}

// destroy ends a socket as ss -K does.
func destroy(n *lab.Namespace, s *lab.Socket) error {
	return n.Do(func() error {
		c, err := inetdiag.Dial(nil)
		if err != nil {
			return err
		}
		family := inetdiag.FamilyIPv4
		if s.Local.Addr().Is6() {
			family = inetdiag.FamilyIPv6
		}
		id := inetdiag.SocketID{Local: s.Local, Remote: s.Remote, Cookie: s.Cookie}
		return errors.Join(c.Destroy(context.Background(), family, id), c.Close())
	})
}

// TestEventsTellCauses ends connections in every way there is. The first poll
// after the owner has found out tells the event, with the process and the peer.
func TestEventsTellCauses(t *testing.T) {
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
	all := endings(l, w)
	for _, e := range all {
		e.near, err = near.Dial(listener.Local, lab.Options{Keepalive: e.keepalive})
		if err == nil {
			e.far, err = listener.Accept(lab.Options{})
		}
		if err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
	}
	w.poll()
	for _, e := range all {
		if err := e.begin(e.near, e.far); err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
	}
	// The polls see probes and retransmissions under way, and none of them the
	// moment between a death and its owner's noticing: that is the dead end kept.
	for end := time.Now().Add(1300 * time.Millisecond); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		w.poll()
	}
	over := make(chan error, len(all))
	for _, e := range all {
		go func() {
			err := e.end(e.near, e.far)
			if err != nil {
				err = fmt.Errorf("%s: %w", e.name, err)
			}
			over <- err
		}()
	}
	for range all {
		if err := <-over; err != nil {
			t.Error(err)
		}
	}
	// A report may still be on its way.
	for range 5 {
		w.poll()
		time.Sleep(50 * time.Millisecond)
	}
	for _, e := range all {
		e.want.Owner, e.want.Remote = "pool", e.near.Remote.String()
		want := []told{{Kind: conn.EventOpened, Owner: "pool", Remote: e.want.Remote}, e.want}
		var got []told
		for _, event := range w.eventsOf(e.near) {
			got = append(got, tell(&event))
			t.Logf("%s: %v %v %v: %s", e.name, event.Kind, event.Cause, event.Source, event.Evidence)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", e.name, diff)
		}
	}
}
