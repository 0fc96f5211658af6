//go:build linux

package collector

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

func cookies(s *conn.Snapshot) []uint64 {
	var all []uint64
	for i := range s.Connections {
		all = append(all, s.Connections[i].Cookie)
	}
	return all
}

func TestPollInterrupted(t *testing.T) {
	t.Parallel()
	interrupted := fmt.Errorf("dump: %w", inetdiag.ErrInterrupted)
	partial, whole := []inetdiag.Socket{established(1, 0)}, []inetdiag.Socket{established(1, 0), established(2, 0)}
	tests := []struct {
		name string
		errs []error
		want bool
	}{
		{"never", nil, false},
		{"once", []error{interrupted}, false},
		{"twice", []error{interrupted, interrupted}, true},
	}
	for _, tt := range tests {
		h := newFakeHost(t)
		h.dumps, h.errs = [][]inetdiag.Socket{partial, whole}, tt.errs
		s := h.poll(h.collector(), conn.Want{})
		want := []uint64{1, 2}
		if tt.errs == nil {
			want = []uint64{1}
		}
		if diff := cmp.Diff(want, cookies(s)); diff != "" || s.Interrupted != tt.want {
			t.Errorf("%s: interrupted %v, want %v; cookies (-want +got)\n%s", tt.name, s.Interrupted, tt.want, diff)
		}
	}
}

func TestPollFails(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.errs = []error{inetdiag.ErrUnsupported}
	_, err := h.collector().Poll(t.Context(), conn.Want{})
	if !errors.Is(err, inetdiag.ErrUnsupported) || !strings.HasPrefix(err.Error(), "cannot read this host's TCP sockets: ") {
		t.Errorf("error %v, want one of kind ErrUnsupported that says what failed", err)
	}
}

func TestPollEndsWithItsContext(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.shows(established(1, 0))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := h.collector().Poll(ctx, conn.Want{}); !errors.Is(err, context.Canceled) {
		t.Errorf("snapshot %v, error %v, want context.Canceled", s, err)
	}
}

// Of a socket that stands in a dump twice, the later appearance counts.
func TestPollDoubled(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	later := established(1, 0)
	later.State = inetdiag.StateCloseWait
	h.shows(established(1, 0), established(2, 0), later)
	s := h.poll(h.collector(), conn.Want{})
	if diff := cmp.Diff([]uint64{1, 2}, cookies(s)); diff != "" {
		t.Fatalf("cookies (-want +got)\n%s", diff)
	}
	if got := s.Connections[0].State; got != conn.StateCloseWait {
		t.Errorf("state %v, want CLOSE-WAIT", got)
	}
}

func TestPollSeen(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	timeWait := established(3, inetdiag.TimerTimeWait)
	timeWait.State, timeWait.Inode = inetdiag.StateTimeWait, 0
	h.shows(established(1, 0))
	c := h.collector()
	h.poll(c, conn.Want{})
	h.shows(established(1, 0), established(2, 0), timeWait)
	h.poll(c, conn.Want{})
	s := h.poll(c, conn.Want{})
	type seen struct {
		For  time.Duration
		Open bool
	}
	got := make(map[uint64]seen)
	for _, c := range s.Connections {
		got[c.Cookie] = seen{c.SeenFor, c.SeenOpen}
	}
	want := map[uint64]seen{1: {2 * time.Second, false}, 2: {time.Second, true}, 3: {time.Second, false}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// After a poll that left something out, what is new need not have just opened.
func TestPollSeenAfterFilter(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	filter, err := conn.ParseFilter("state:LISTEN")
	if err != nil {
		t.Fatal(err)
	}
	c := h.collector()
	h.poll(c, conn.Want{Filter: filter})
	if got, want := h.dumped[0].States, uint32(1<<inetdiag.StateListen); got != want {
		t.Errorf("states asked for %b, want %b", got, want)
	}
	h.shows(established(1, 0))
	if s := h.poll(c, conn.Want{}); s.Connections[0].SeenOpen {
		t.Error("seen open though the poll before left it out")
	}
}

func TestTimerKinds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		state, timer uint8
		inode        uint32
		want         conn.TimerKind
		wantState    conn.State
	}{
		{inetdiag.StateEstablished, inetdiag.TimerKeepalive, 1, conn.TimerKeepalive, conn.StateEstablished},
		{inetdiag.StateFinWait2, inetdiag.TimerKeepalive, 1, conn.TimerKeepalive, conn.StateFinWait2},
		{inetdiag.StateFinWait2, inetdiag.TimerKeepalive, 0, conn.TimerFinWait, conn.StateFinWait2},
		{inetdiag.StateFinWait2, inetdiag.TimerTimeWait, 0, conn.TimerTimeWait, conn.StateFinWait2},
		{inetdiag.StateNewSynRecv, inetdiag.TimerRetransmit, 0, conn.TimerRetransmit, conn.StateSynRecv},
		{inetdiag.StateBoundInactive, inetdiag.TimerNone, 1, conn.TimerNone, conn.StateClose},
		{inetdiag.StateEstablished, inetdiag.TimerZeroWindow, 1, conn.TimerZeroWindow, conn.StateEstablished},
		{inetdiag.StateEstablished, inetdiag.TimerDelayedAck, 1, conn.TimerDelayedAck, conn.StateEstablished},
	}
	for _, tt := range tests {
		got := connection(&inetdiag.Socket{State: tt.state, Timer: tt.timer, Inode: tt.inode}, conn.NetNS{})
		if got.Timer.Kind != tt.want || got.State != tt.wantState {
			t.Errorf("state %d, timer %d, inode %d: %v %v, want %v %v", tt.state, tt.timer, tt.inode, got.State, got.Timer.Kind, tt.wantState, tt.want)
		}
	}
}

func BenchmarkPoll(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		sockets := make([]inetdiag.Socket, n)
		for i := range sockets {
			sockets[i] = established(uint32(100+i), 0)
		}
		h := web(b, sockets...)
		c := h.collector()
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.reads = h.reads[:0]
				if _, err := c.Poll(b.Context(), conn.Want{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
