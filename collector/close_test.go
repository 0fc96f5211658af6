//go:build linux

package collector

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

// slowDumper answers when it is told to.
type slowDumper struct {
	asked, answer chan struct{}
	answered      atomic.Bool
	early         atomic.Bool // closed before it had answered
}

func (d *slowDumper) Dump(_ context.Context, r inetdiag.Request, _ func(*inetdiag.Socket) error) error {
	if r.Family == inetdiag.FamilyIPv4 {
		close(d.asked)
		<-d.answer
		d.answered.Store(true)
	}
	return nil
}

func (d *slowDumper) Close() error {
	d.early.Store(!d.answered.Load())
	return nil
}

// A monitor that quits closes while its last poll may still be under way: the
// descriptor that it reads from must not be another's by then.
func TestCloseWaitsForPoll(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	d := &slowDumper{asked: make(chan struct{}), answer: make(chan struct{})}
	c, err := newCollector(system{
		proc: h.proc, now: func() time.Time { return h.clock }, dial: func(int) (dumper, error) { return d, nil }, read: h.read,
	})
	if err != nil {
		t.Fatal(err)
	}
	polled, closed := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := c.Poll(context.Background(), conn.Want{})
		polled <- err
	}()
	<-d.asked
	go func() { closed <- c.Close() }()
	select {
	case err := <-closed:
		close(d.answer)
		t.Fatalf("closed during a poll: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(d.answer)
	if err := <-polled; err != nil {
		t.Error(err)
	}
	if err := <-closed; err != nil || d.early.Load() {
		t.Errorf("close: %v, before the poll had ended: %v", err, d.early.Load())
	}
}
