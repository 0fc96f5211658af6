//go:build linux

package collector_test

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// TestResetAfterRetransmissions: the way to the peer is lost while data is in
// flight, and leads to a host that knows nothing of the connection when it comes
// back, as after a failover. That is no timeout, however many retransmissions
// there were.
func TestResetAfterRetransmissions(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	near, far := startActor(t, l.Near, "pool"), startActor(t, l.Far(), "far")
	listener, err := far.Listen(netip.AddrPortFrom(lab.FarAddr4, 7000), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dialed, err := near.Dial(listener.Local, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept(lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := watching(t, l.Near)
	w.poll()
	err = l.Lose(lab.Both)
	if err == nil {
		_, err = dialed.Send(10)
	}
	if err := errors.Join(err, accepted.Abort()); err != nil {
		t.Fatal(err)
	}
	w.until("three retransmissions", func(s *conn.Snapshot) bool {
		c := connectionOf(s, dialed)
		return c != nil && c.TCP.Retransmits >= 3
	})
	if err := errors.Join(l.Restore(), awaitErrno(dialed, syscall.ECONNRESET)); err != nil {
		t.Fatal(err)
	}
	// Its program has not closed it: no report comes.
	w.ended(dialed)
	compareEvents(t, w, dialed, told{conn.EventDied, conn.CauseReset, conn.SourceInferred, "pool", dialed.Remote.String()})
}

// TestAttemptsAreNoResets: connections that were never answered are not said to
// have been reset, and one that was refused is.
func TestAttemptsAreNoResets(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	near := startActor(t, l.Near, "pool")
	w := watching(t, l.Near)
	w.poll()
	refused, err := near.StartDial(netip.AddrPortFrom(lab.FarAddr4, 7001), lab.Options{})
	if err == nil {
		err = errors.Join(awaitErrno(refused, syscall.ECONNREFUSED), l.Lose(lab.Both))
	}
	if err != nil {
		t.Fatal(err)
	}
	hasty, err := near.StartDial(netip.AddrPortFrom(lab.FarAddr4, 7002), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	patient, err := near.StartDial(netip.AddrPortFrom(lab.FarAddr4, 7003), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	unseen, err := near.StartDial(netip.AddrPortFrom(lab.FarAddr4, 7004), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(unseen.Close(), refused.Close()); err != nil {
		t.Fatal(err)
	}
	w.poll()
	if err := hasty.Close(); err != nil {
		t.Fatal(err)
	}
	w.until("a second SYN", func(s *conn.Snapshot) bool {
		c := connectionOf(s, patient)
		return c != nil && c.TCP.Retransmits > 0
	})
	if err := patient.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		s     *lab.Socket
		kind  conn.EventKind
		cause conn.Cause
		owner string
	}{
		{refused, conn.EventDied, conn.CauseReset, ""},
		{hasty, conn.EventClosed, conn.CauseUnknown, "pool"},
		{unseen, conn.EventClosed, conn.CauseUnknown, ""},
		{patient, conn.EventClosed, conn.CauseUnknown, "pool"},
	} {
		w.ended(tt.s)
		compareEvents(t, w, tt.s, told{tt.kind, tt.cause, conn.SourceInferred, tt.owner, tt.s.Remote.String()})
	}
}

func compareEvents(t *testing.T, w *watch, s *lab.Socket, want ...told) {
	t.Helper()
	var got []told
	for _, e := range w.eventsOf(s) {
		got = append(got, tell(&e))
		t.Logf("%v %v %v: %s", e.Kind, e.Cause, e.Source, e.Evidence)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
