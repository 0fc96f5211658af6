package lab_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// A connection that keepalive gives up has as many probes unanswered as
// TCP_KEEPCNT, and is in CLOSE before its owner has closed it.
func TestInfo(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	near, far := newEnds(t, l).dial(t, far4, quick)
	wantFlow(t, near, far)
	alive, err := near.Info()
	must(t, err)
	if alive.State != "ESTABLISHED" || alive.Probes != 0 || alive.InFlight != 0 || alive.SendQueue != 0 || alive.Silent > ample {
		t.Errorf("a connection just used: %+v", alive)
	}
	must(t, l.ForgetPort(near.Local.Port(), lab.Both))
	death, err := near.AwaitError(ample)
	must(t, err)
	dead, err := near.Info()
	must(t, err)
	if death.Errno != syscall.ETIMEDOUT || dead.State != "CLOSE" || dead.Probes != quick.Keepalive.Count || dead.Retransmits != 0 {
		t.Errorf("died of %v: %+v", death.Errno, dead)
	}
	if least := quick.Keepalive.Idle + 2*quick.Keepalive.Interval; dead.Silent < least-100*time.Millisecond {
		t.Errorf("silent for %v, want %v at least", dead.Silent, least)
	}
}

// Data that nobody acknowledges is in flight, and retransmitted.
func TestInfoRetransmits(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	near, _ := newEnds(t, l).dial(t, far4, lab.Options{})
	must(t, l.ForgetPort(near.Local.Port(), lab.Both))
	if n, err := near.Send(100); n != 100 || err != nil {
		t.Fatalf("sent %d bytes: %v", n, err)
	}
	var now lab.Info
	for end := time.Now().Add(ample); now.Retransmits < 2 && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var err error
		now, err = near.Info()
		must(t, err)
	}
	_, unacked, err := near.Queues()
	must(t, err)
	if now.Retransmits < 2 || now.InFlight != 1 || now.SendQueue != 100 || unacked != 100 {
		t.Errorf("%+v, %d bytes unacknowledged; want 100 in one segment, sent again twice", now, unacked)
	}
}
