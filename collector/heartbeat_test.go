//go:build linux

package collector_test

import (
	"errors"
	"testing"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// TestHeartbeat: a small exchange every 1.5 s, a tenth more or less, is
// recognised within six; a transfer and a connection that keeps still are none.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	needLab(t)
	n, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, n)
	dialed, accepted := loopbackPairs(t, n, "127.0.0.1:8080", 3)
	beating, bulk, still := dialed[0], dialed[1], dialed[2]
	w := watching(t, n)
	w.poll()
	const period = 1500 * time.Millisecond
	jitter := []time.Duration{0, 150, -150, 80, -120, 150} // milliseconds
	began := time.Now()
	for i, late := range jitter {
		for at := began.Add(time.Duration(i)*period + late*time.Millisecond); time.Now().Before(at); time.Sleep(100 * time.Millisecond) {
			if err := transfer(bulk, accepted[1], 1<<16); err != nil {
				t.Fatal(err)
			}
			w.poll()
		}
		if err := errors.Join(transfer(beating, accepted[0], 20), transfer(accepted[0], beating, 20)); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(100 * time.Millisecond)
	s := w.poll()
	for _, tt := range []struct {
		name string
		end  *lab.Socket
		want bool
	}{
		{"beating", beating, true},
		{"beating, the other end", accepted[0], true},
		{"transfer", bulk, false},
		{"transfer, the other end", accepted[1], false},
		{"still", still, false},
	} {
		got := heartbeatOf(s, tt.end)
		if off := got - period; tt.want && (off < -period/5 || off > period/5) || !tt.want && got != 0 {
			t.Errorf("%s: heartbeat every %v, want one of about %v: %v", tt.name, got, period, tt.want)
		}
	}
}

func heartbeatOf(s *conn.Snapshot, k *lab.Socket) time.Duration {
	if c := connectionOf(s, k); c != nil {
		return c.Heartbeat
	}
	return -1
}

func transfer(from, to *lab.Socket, n int) error {
	sent, err := from.Send(n)
	if err != nil {
		return err
	}
	_, err = to.Receive(sent)
	return err
}
