//go:build linux

package collector

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

// fakeSubscription hears what the test says.
type fakeSubscription struct {
	sockets chan inetdiag.Socket
	errs    chan error
	heard   chan struct{} // received from once all before it is heard
	lost    atomic.Uint64
	listens atomic.Int32
	closed  atomic.Bool
}

func newFakeSubscription() *fakeSubscription {
	return &fakeSubscription{sockets: make(chan inetdiag.Socket), errs: make(chan error), heard: make(chan struct{})}
}

func (f *fakeSubscription) Listen(ctx context.Context, each func(*inetdiag.Socket) error) error {
	f.listens.Add(1)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case f.heard <- struct{}{}:
		case err := <-f.errs:
			return err
		case s := <-f.sockets:
			if err := each(&s); err != nil {
				return err
			}
		}
	}
}

func (f *fakeSubscription) Dropped() uint64 { return f.lost.Load() }

func (f *fakeSubscription) Close() error {
	f.closed.Store(true)
	return nil
}

// hears makes the host report destroyed sockets through f.
func (h *fakeHost) hears(f *fakeSubscription) *Collector {
	c := h.collector()
	c.memory.events.begin(func() (subscription, error) { return f, nil }, c.namespaces.own)
	return c
}

func dead(inode uint32) inetdiag.Socket {
	s := established(inode, 0)
	s.State, s.Inode = inetdiag.StateClose, 0
	return s
}

// More than may wait is dropped, and the drops are told once: in the next
// snapshot, together with those of the kernel.
func TestHearingDrops(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	f := newFakeSubscription()
	c := h.hears(f)
	h.poll(c, conn.Want{})
	const more = 10
	for i := range uint32(maxHeard + more) {
		f.sockets <- dead(i + 1)
	}
	<-f.heard
	f.lost.Store(5)
	var got [][2]int
	for range 2 {
		s := h.poll(c, conn.Want{})
		got = append(got, [2]int{len(s.Events), int(s.EventsDropped)})
	}
	if diff := cmp.Diff([][2]int{{maxHeard, more + 5}, {0, 0}}, got); diff != "" {
		t.Errorf("events and drops (-want +got)\n%s", diff)
	}
}

// A broken subscription is said to be one, and listened to again.
func TestHearingFails(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	f := newFakeSubscription()
	c := h.hears(f)
	f.errs <- errors.New("hear of destroyed TCP sockets: broken")
	causesHidden := func(s *conn.Snapshot) bool {
		for _, line := range s.Hidden {
			if line.What == "causes of ended connections" {
				return true
			}
		}
		return false
	}
	await(t, "a hidden line", func() bool { return causesHidden(h.poll(c, conn.Want{})) })
	await(t, "another Listen", func() bool { return f.listens.Load() == 2 })
	await(t, "no hidden line", func() bool { return !causesHidden(h.poll(c, conn.Want{})) })
	if err := c.Close(); err != nil || !f.closed.Load() {
		t.Errorf("close: %v, subscription closed %v", err, f.closed.Load())
	}
}

// Where the kernel's reports may not be heard, the ends follow from the dumps.
func TestDeaf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  error
		need string
	}{
		{inetdiag.ErrNotPermitted, "run as root, or give katop CAP_NET_ADMIN"},
		{inetdiag.ErrUnsupported, "use a kernel with CONFIG_INET_DIAG"},
	}
	for _, tt := range tests {
		h := newFakeHost(t)
		h.process(4242, "web", map[int]uint32{3: 1})
		c := h.collector()
		c.memory.events.begin(func() (subscription, error) { return nil, fmt.Errorf("subscribe: %w", tt.err) }, c.namespaces.own)
		h.shows(established(1, 0))
		h.poll(c, conn.Want{})
		h.shows()
		h.poll(c, conn.Want{})
		s := h.poll(c, conn.Want{})
		if n := len(s.Hidden); n == 0 || s.Hidden[n-1].Need != tt.need {
			t.Errorf("%v: hidden %v, want %q", tt.err, s.Hidden, tt.need)
		}
		if len(s.Events) != 1 || s.Events[0].Source != conn.SourceInferred || len(s.Events[0].Connection.Owners) != 1 {
			t.Errorf("%v: events %+v, want one end, inferred, of a connection with its owner", tt.err, s.Events)
		}
	}
}

// A namespace that could not be heard for want of something passing is tried
// again with every poll, and named until then.
func TestDeafForAWhile(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	c := h.collector()
	tries := 0
	subscribe := func(int) (subscription, error) {
		if tries++; tries < 3 {
			return nil, errors.New("too many open files")
		}
		return newFakeSubscription(), nil
	}
	c.system.subscribe = subscribe
	c.hear(c.namespaces.readers)
	var got []bool
	for range 3 {
		got = append(got, len(h.poll(c, conn.Want{}).Hidden) > 0)
	}
	if diff := cmp.Diff([]bool{true, false, false}, got); diff != "" || tries != 3 {
		t.Errorf("hidden after %d tries (-want +got)\n%s", tries, diff)
	}
}

func TestSilenced(t *testing.T) {
	t.Parallel()
	full := errors.New("too many open files")
	web, db := silence{conn.NetNS{Inode: 7, Name: "web"}, full}, silence{conn.NetNS{Inode: 8}, full}
	for _, tt := range []struct {
		silent []silence
		all    bool
		want   string
	}{
		{[]silence{web}, true, "causes of ended connections"},
		{[]silence{web}, false, "causes of ended connections of network namespace web"},
		{[]silence{db, web}, false, "causes of ended connections of network namespace 8 and 1 other"},
		{[]silence{db, web, web}, false, "causes of ended connections of network namespace 8 and 2 others"},
	} {
		if got := silenced(tt.silent, tt.all); got.What != tt.want || got.Why != tt.silent[0].err.Error() {
			t.Errorf("%+v, want %q", got, tt.want)
		}
	}
}

// What waits for a poll is bounded for all namespaces together.
func TestHearingsShareTheirRoom(t *testing.T) {
	t.Parallel()
	var h hearings
	one, two := newFakeSubscription(), newFakeSubscription()
	for i, f := range []*fakeSubscription{one, two} {
		h.begin(func() (subscription, error) { return f, nil }, conn.NetNS{Inode: uint64(i + 1)})
	}
	for i := range uint32(maxHeard) {
		one.sockets <- dead(i + 1)
	}
	<-one.heard
	for i := range uint32(10) {
		two.sockets <- dead(i + 1)
	}
	<-two.heard
	if heard, dropped, _ := h.take(time.Now()); len(heard) != maxHeard || dropped != 10 {
		t.Errorf("%d heard, %d dropped, want %d and 10", len(heard), dropped, maxHeard)
	}
	two.sockets <- dead(1)
	<-two.heard
	if heard, dropped, _ := h.take(time.Now()); len(heard) != 1 || dropped != 10 {
		t.Errorf("then %d heard, %d dropped in all, want 1 and 10", len(heard), dropped)
	}
	if err := h.close(); err != nil {
		t.Error(err)
	}
}

// Of a connection that is gone without a report, the descriptor tells whether its
// program has closed it. The final poll does not wait for that.
func TestGoneIsHeld(t *testing.T) {
	t.Parallel()
	const held, open = "gone while its program held it: timed out or reset", "closed or reset between two polls"
	for _, tt := range []struct {
		name  string
		after func(h *fakeHost)
		polls []conn.Want // since it is gone
		want  []string    // evidence of the events
	}{
		{"held", func(*fakeHost) {}, []conn.Want{{}, {}, {}}, []string{held}},
		{"closed", func(h *fakeHost) { h.process(4242, "web", nil) }, []conn.Want{{}, {}, {}}, []string{open}},
		{"its descriptor is another socket's now", func(h *fakeHost) { h.process(4242, "web", map[int]uint32{3: 2}) }, []conn.Want{{}, {}}, []string{open}},
		{"its process has ended", func(h *fakeHost) { h.exit(4242) }, []conn.Want{{}, {}}, []string{open}},
		{"one poll is not enough", func(*fakeHost) {}, []conn.Want{{}}, nil},
		{"unless it is the final one", func(*fakeHost) {}, []conn.Want{{Final: true}}, []string{open}},
	} {
		h := newFakeHost(t)
		h.process(4242, "web", map[int]uint32{3: 1})
		c := h.hears(newFakeSubscription())
		h.shows(established(1, 0))
		h.poll(c, conn.Want{})
		h.shows()
		tt.after(h)
		var got []string
		for _, want := range tt.polls {
			for _, e := range h.poll(c, want).Events {
				got = append(got, e.Evidence)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

// A connection that is closed, and has no owner in the last dump, is told of
// with the owner that it had.
func TestEventsRememberOwners(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.process(4242, "web", map[int]uint32{3: 1})
	c := h.collector()
	h.shows(established(1, 0))
	h.poll(c, conn.Want{})
	orphan := established(1, 0)
	orphan.State, orphan.Inode = inetdiag.StateFinWait1, 0
	h.shows(orphan)
	h.process(4242, "web", nil)
	for range 3 {
		if s := h.poll(c, conn.Want{}); len(s.Connections[0].Owners) != 0 {
			t.Fatalf("an orphan with owners %v", s.Connections[0].Owners)
		}
	}
	h.shows()
	s := h.poll(c, conn.Want{})
	if len(s.Events) != 1 {
		t.Fatalf("events %+v, want one", s.Events)
	}
	want := []conn.Owner{{PID: 4242, FD: 3, Name: "web"}}
	if diff := cmp.Diff(want, s.Events[0].Connection.Owners); diff != "" {
		t.Errorf("owners (-want +got)\n%s", diff)
	}
}

func await(t *testing.T, what string, met func() bool) {
	t.Helper()
	for range 1000 {
		if met() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s: not seen", what)
}
