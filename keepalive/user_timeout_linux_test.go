package keepalive_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

var oneSecond = conn.Setting{SetUserTimeout: true, UserTimeout: time.Second}

// fillWindow writes until the peer, whose program does not read, takes no more.
func fillWindow(t *testing.T, fd int) {
	t.Helper()
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for chunk, full := make([]byte, 1<<16), 0; full < 5; {
		_, err := unix.Write(fd, chunk)
		switch {
		case errors.Is(err, unix.EAGAIN):
			full++
			time.Sleep(50 * time.Millisecond)
		case err != nil:
			t.Fatal(err)
		}
	}
}

// refusesTimeout fails unless the reason is that data waits, and the socket is
// still connected after the time that was asked for.
func refusesTimeout(t *testing.T, fd int, results []conn.Result, err error) {
	t.Helper()
	if err != nil || len(results) != 1 || results[0].Outcome != conn.OutcomeRefused || !strings.Contains(results[0].Reason, "data has waited") {
		t.Fatalf("%v, %v; want refused", results, err)
	}
	time.Sleep(2 * time.Second)
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil || info.State != unix.BPF_TCP_ESTABLISHED {
		t.Errorf("the connection is in state %d, %v; want ESTABLISHED", info.State, err)
	}
}

// The peer answers window probes, but its program does not read.
func TestUserTimeoutAtZeroWindow(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	fillWindow(t, dialed[0])
	sleepPast()
	results, err := controller(t).Apply(t.Context(), []conn.Connection{ofSelf(t, dialed[0])}, oneSecond, nil)
	refusesTimeout(t, dialed[0], results, err)
}

// Undo may shorten a user timeout as well.
func TestUndoUserTimeoutAtZeroWindow(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	set(t, dialed[0], unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 1000)
	c := controller(t)
	if _, err := c.Apply(t.Context(), []conn.Connection{ofSelf(t, dialed[0])}, conn.Setting{SetUserTimeout: true}, nil); err != nil {
		t.Fatal(err)
	}
	fillWindow(t, dialed[0])
	sleepPast()
	results, err := c.Undo(t.Context(), "", nil)
	refusesTimeout(t, dialed[0], results, err)
}

// Data is retransmitted: the user timeout would count from the first sending.
func TestUserTimeoutDuringRetransmission(t *testing.T) {
	l, pairs := scene(t, lab.Options{})
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	if _, err := pairs[0].near.Send(100); err != nil {
		t.Fatal(err)
	}
	sleepPast()
	given := []conn.Connection{connection(pairs[0].near)}
	results, err := controller(t).Apply(t.Context(), given, oneSecond, nil)
	if err != nil || results[0].Outcome != conn.OutcomeRefused || !strings.Contains(results[0].Reason, "data has waited") {
		t.Fatalf("%v, %v; want refused", results, err)
	}
	if err := l.Restore(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if _, unacked, err := pairs[0].near.Queues(); err != nil || time.Now().After(end) {
			t.Fatalf("%d bytes unacknowledged, %v; want the connection to live on", unacked, err)
		} else if unacked == 0 {
			break
		}
	}
	if results, err = controller(t).Apply(t.Context(), given, oneSecond, nil); err != nil || results[0].Outcome != conn.OutcomeDone {
		t.Errorf("%v, %v when nothing waits; want done", results, err)
	}
}
