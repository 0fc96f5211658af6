package inetdiag

import (
	"context"
	"maps"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/katop/katop/lab"
)

func TestMain(m *testing.M) {
	lab.Main()
	os.Exit(m.Run())
}

// listening is a Subscription that is being listened to.
type listening struct {
	*Subscription
	heard chan Socket
	end   func() error // and what Listen returned
}

func (s *Subscription) inBackground(t *testing.T) *listening {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &listening{Subscription: s, heard: make(chan Socket, 1<<12)}
	result := make(chan error, 1)
	go func() {
		result <- s.Listen(ctx, func(s *Socket) error {
			l.heard <- *s
			return nil
		})
	}()
	var err error
	l.end = func() error {
		cancel()
		if result != nil {
			err = <-result
			result = nil
		}
		return err
	}
	t.Cleanup(func() {
		_ = l.end()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// await hears of all sockets with these cookies.
func (l *listening) await(t *testing.T, cookies ...uint64) map[uint64]Socket {
	t.Helper()
	got := make(map[uint64]Socket)
	patience := time.After(10 * time.Second)
	for len(got) < len(cookies) {
		select {
		case s := <-l.heard:
			if slices.Contains(cookies, s.ID.Cookie) {
				got[s.ID.Cookie] = s
			}
		case <-patience:
			t.Fatalf("heard of %v, want %v", slices.Collect(maps.Keys(got)), cookies)
		}
	}
	return got
}

// TestListenTellsDeaths ends connections in every way there is and compares
// what the kernel tells of Near's ends.
func TestListenTellsDeaths(t *testing.T) {
	if err := lab.Supported(); err != nil {
		t.Skip(err)
	}
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := l.Near.SetSysctl("net.ipv4.tcp_retries2", "2"); err != nil {
		t.Fatal(err)
	}
	var s *Subscription
	var c *Conn
	err = l.Near.Do(func() (err error) {
		if s, err = Subscribe(nil); err == nil {
			c, err = Dial(nil)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	listening := s.inBackground(t)
	scenes := deathScenes(l, c)
	play(t, l, scenes)

	var cookies []uint64
	for _, scene := range scenes {
		cookies = append(cookies, scene.near.Cookie)
	}
	heard := listening.await(t, cookies...)
	for _, scene := range scenes {
		s := heard[scene.near.Cookie]
		got := deathOf(&s)
		if diff := cmp.Diff(scene.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", scene.name, diff)
		}
		if s.State != StateClose || s.Inode != 0 || !s.Has(AttrInfo) {
			t.Errorf("%s: state %d, inode %d, tcp_info %v; want CLOSE, 0, true", scene.name, s.State, s.Inode, s.Has(AttrInfo))
		}
		if !got.Erased && (s.ID.Local != scene.near.Local || s.ID.Remote != scene.near.Remote) {
			t.Errorf("%s: %v to %v, want %v to %v", scene.name, s.ID.Local, s.ID.Remote, scene.near.Local, scene.near.Remote)
		}
	}
	if n := s.Dropped(); n != 0 {
		t.Errorf("dropped %d, want 0", n)
	}
	if err := listening.end(); err != context.Canceled {
		t.Errorf("Listen ended with %v, want context.Canceled", err)
	}
}

// TestListenOverrun leaves more waiting than the receive buffer holds: what is
// heard and what is dropped are all there was.
func TestListenOverrun(t *testing.T) {
	t.Parallel()
	n := newNamespace(t)
	s, err := Subscribe(&Config{NetNS: n.fd})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.feed.(*netlinkTransport).SetReadBuffer(1); err != nil {
		t.Fatal(err)
	}
	const pairs = 100
	all := &scene{}
	err = n.do(func() error {
		for range pairs {
			if _, _, err := all.pair(client4, netip.AddrPortFrom(server4, portKeepalive), unix.AF_INET); err != nil {
				return err
			}
			all.close(slices.Clone(all.fds)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = 3 * pairs // the listeners too
	for end := time.Now().Add(5 * time.Second); s.Dropped() < want/2 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	settle()
	if n := s.Dropped(); n == 0 || n == want {
		t.Fatalf("dropped %d of %d, want some and not all", n, want)
	}
	l := s.inBackground(t)
	for end := time.Now().Add(5 * time.Second); len(l.heard)+int(s.Dropped()) < want && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if heard, dropped := len(l.heard), int(s.Dropped()); heard+dropped != want {
		t.Errorf("heard of %d, dropped %d, want %d in all", heard, dropped, want)
	}
	before := s.Dropped()
	if err := l.end(); err != context.Canceled {
		t.Errorf("Listen ended with %v, want context.Canceled", err)
	}
	if after := s.Dropped(); after != before {
		t.Errorf("dropped %d after Listen, want %d kept", after, before)
	}
}
