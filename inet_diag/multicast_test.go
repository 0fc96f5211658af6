package inetdiag

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"
)

// fakeFeed drops one more message with every overrun among its answers.
type fakeFeed struct {
	*fakeTransport
	drops   uint64
	uncount bool // the kernel does not count
}

func (f *fakeFeed) receive(b []byte) (n int, sender uint32, err error) {
	n, sender, err = f.fakeTransport.receive(b)
	if errors.Is(err, syscall.ENOBUFS) {
		f.drops += 100
	}
	return n, sender, err
}

func (f *fakeFeed) dropped() (uint64, error) {
	if f.uncount {
		return 0, syscall.ENOPROTOOPT
	}
	return f.drops, nil
}

// subscribeFake is a Subscription to each of the feeds in turn, the first one
// being subscribed to already.
func subscribeFake(tb testing.TB, feeds ...*fakeFeed) *Subscription {
	tb.Helper()
	for _, f := range feeds {
		f.deadline = make(chan struct{})
	}
	s := &Subscription{
		namespace: io.NopCloser(nil),
		buf:       make([]byte, bufferLen),
		subscribe: func() (feed, error) {
			if len(feeds) == 0 {
				return nil, syscall.EPERM
			}
			f := feeds[0]
			feeds = feeds[1:]
			return f, nil
		},
	}
	s.feed, _ = s.subscribe()
	return s
}

// told is what the kernel says unasked: sequence number 0.
func told(cookie uint64) datagram {
	return answer(encode(sockDiagByFamily, 0, 0, socketBody(cookie)))
}

func TestListen(t *testing.T) {
	t.Parallel()
	overrun := datagram{err: os.NewSyscallError("recvfrom", syscall.ENOBUFS)}
	foreign := told(66)
	foreign.sender = 4242
	tests := []struct {
		name    string
		answers []datagram
		uncount bool
		want    []uint64
		dropped uint64
		err     error // instead of the context's
	}{
		{"two", []datagram{told(1), told(2)}, false, []uint64{1, 2}, 0, nil},
		{"two in a datagram", []datagram{answer(told(1).data, told(2).data)}, false, []uint64{1, 2}, 0, nil},
		{"overrun", []datagram{told(1), overrun, told(2), overrun}, false, []uint64{1, 2}, 200, nil},
		{"overrun, not counted", []datagram{told(1), overrun, told(2), overrun}, true, []uint64{1, 2}, 2, nil},
		{"NLMSG_OVERRUN", []datagram{answer(encode(netlink.Overrun, 0, 0, nil)), told(1)}, false, nil, 0, syscall.ENOBUFS},
		{"of another process", []datagram{foreign, told(1)}, false, []uint64{1}, 0, nil},
		{"answer to a request", []datagram{answer(socketMessage(66)), told(1)}, false, []uint64{1}, 0, nil},
		{"short", []datagram{told(1), answer(encode(sockDiagByFamily, 0, 0, socketBody(2)[:71])), told(3)}, false, []uint64{1}, 0, ErrMalformed},
		{"other type", []datagram{answer(encode(netlink.Done, 0, 0, errnoBody(0)))}, false, nil, 0, ErrMalformed},
		{"broken", []datagram{told(1), {err: syscall.EBADF}}, false, []uint64{1}, 0, syscall.EBADF},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f := &fakeFeed{fakeTransport: &fakeTransport{answers: tt.answers, onWait: cancel}, uncount: tt.uncount}
			s := subscribeFake(t, f)
			var got []uint64
			err := s.Listen(ctx, func(s *Socket) error {
				got = append(got, s.ID.Cookie)
				return nil
			})
			want := tt.err
			if want == nil {
				want = context.Canceled
			}
			if !errors.Is(err, want) {
				t.Errorf("error %v, want of kind %v", err, want)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("cookies (-want +got)\n%s", diff)
			}
			if n := s.Dropped(); n != tt.dropped {
				t.Errorf("dropped %d, want %d", n, tt.dropped)
			}
			if !f.closed {
				t.Error("the feed was left open")
			}
		})
	}
}

// Each Listen has a feed of its own, and the counts of all of them add up.
func TestListenAgain(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	s := subscribeFake(t,
		&fakeFeed{fakeTransport: &fakeTransport{answers: []datagram{{err: syscall.ENOBUFS}, told(1), told(2)}}},
		&fakeFeed{fakeTransport: &fakeTransport{answers: []datagram{{err: syscall.ENOBUFS}, told(3)}}},
	)
	var got []uint64
	listen := func() error {
		return s.Listen(t.Context(), func(s *Socket) error {
			got = append(got, s.ID.Cookie)
			return enough
		})
	}
	for range 2 {
		if err := listen(); err != enough {
			t.Errorf("error %v, want that of each as it is", err)
		}
	}
	err := listen()
	if !errors.Is(err, ErrNotPermitted) || !strings.Contains(err.Error(), "CAP_NET_ADMIN") {
		t.Errorf("error %v, want one of kind ErrNotPermitted that names the capability", err)
	}
	if diff := cmp.Diff([]uint64{1, 3}, got); diff != "" || s.Dropped() != 200 {
		t.Errorf("dropped %d, want 200; cookies (-want +got)\n%s", s.Dropped(), diff)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := listen(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v, want os.ErrClosed", err)
	}
}

func TestSubscribeErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ err, kind error }{
		{syscall.EPERM, ErrNotPermitted},
		{syscall.EACCES, ErrNotPermitted},
		{syscall.EINVAL, ErrUnsupported},
		{syscall.EPROTONOSUPPORT, ErrUnsupported},
		{syscall.EMFILE, syscall.EMFILE},
	}
	for _, tt := range tests {
		if err := subscribeError(os.NewSyscallError("setsockopt", tt.err)); !errors.Is(err, tt.kind) {
			t.Errorf("%v becomes %v, want of kind %v", tt.err, err, tt.kind)
		}
	}
}
