package lab_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/katop/katop/lab"
)

// newPair is a connection over the loopback of a namespace of its own.
func newPair(t *testing.T, o lab.Options) (client, server *lab.Socket) {
	t.Helper()
	a := newActor(t, newSolo(t))
	listener, err := a.Listen(netip.MustParseAddrPort("127.0.0.1:0"), lab.Options{})
	must(t, err)
	client, err = a.Dial(listener.Local, o)
	must(t, err)
	server, err = listener.Accept(lab.Options{})
	must(t, err)
	return client, server
}

func TestOptions(t *testing.T) {
	t.Parallel()
	const usual = "the kernel's default"
	for name, c := range map[string]struct{ set, want lab.Keepalive }{
		"nothing": {
			lab.Keepalive{},
			lab.Keepalive{Idle: 7200 * time.Second, Interval: 75 * time.Second, Count: 9},
		},
		"on": {
			lab.Keepalive{On: true},
			lab.Keepalive{On: true, Idle: 7200 * time.Second, Interval: 75 * time.Second, Count: 9},
		},
		"everything": {
			lab.Keepalive{On: true, Idle: 61 * time.Second, Interval: 7 * time.Second, Count: 5, UserTimeout: 90250 * time.Millisecond},
			lab.Keepalive{On: true, Idle: 61 * time.Second, Interval: 7 * time.Second, Count: 5, UserTimeout: 90250 * time.Millisecond},
		},
		"parameters, but off": {
			lab.Keepalive{Idle: 62 * time.Second, Count: 4},
			lab.Keepalive{Idle: 62 * time.Second, Interval: 75 * time.Second, Count: 4},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := newPair(t, lab.Options{Keepalive: c.set})
			if d := cmp.Diff(c.want, client.Keepalive); d != "" {
				t.Errorf("client (-want +got):\n%s", d)
			}
			if server.Keepalive.On {
				t.Errorf("server: %+v, want %s", server.Keepalive, usual)
			}
			must(t, server.SetKeepalive(c.set))
			again, err := server.Describe()
			must(t, err)
			if d := cmp.Diff(c.want, again.Keepalive); d != "" {
				t.Errorf("server after SetKeepalive (-want +got):\n%s", d)
			}
		})
	}
}

func TestSocketIdentity(t *testing.T) {
	t.Parallel()
	client, server := newPair(t, lab.Options{})
	if client.Cookie == 0 || client.Cookie == server.Cookie {
		t.Errorf("cookies are %d and %d, want two", client.Cookie, server.Cookie)
	}
	if client.Local != server.Remote || client.Remote != server.Local {
		t.Errorf("%v -> %v and %v -> %v are no mirror", client.Local, client.Remote, server.Local, server.Remote)
	}
	for _, s := range []*lab.Socket{client, server} {
		link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", s.PID, s.FD))
		if want := fmt.Sprintf("socket:[%d]", s.Inode); link != want {
			t.Errorf("descriptor is %q, want %q (%v)", link, want, err)
		}
	}
}

func TestEndings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(*lab.Socket) error
		want syscall.Errno
	}{
		"abort": {(*lab.Socket).Abort, syscall.ECONNRESET},
		"close": {(*lab.Socket).Close, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := newPair(t, lab.Options{})
			must(t, c.end(client))
			if c.want == 0 {
				must(t, server.CloseWrite())
			}
			wantDeath(t, server, c.want)
		})
	}
}

func TestErrorsKeepTheirNumber(t *testing.T) {
	t.Parallel()
	a := newActor(t, newSolo(t))
	nobody := netip.MustParseAddrPort("127.0.0.1:9")
	if _, err := a.Dial(nobody, lab.Options{}); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial where nobody listens: %v, want ECONNREFUSED", err)
	}
	if _, err := a.Listen(netip.MustParseAddrPort("192.0.2.1:80"), lab.Options{}); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("listen on a foreign address: %v, want EADDRNOTAVAIL", err)
	}
	must(t, a.Kill())
	must(t, a.Kill())
	if _, err := a.Dial(nobody, lab.Options{}); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("dial by a dead actor: %v", err)
	}
}

// A request that waits must not hold up others, and must end with its actor.
func TestKillWhileWaiting(t *testing.T) {
	t.Parallel()
	a := newActor(t, newSolo(t))
	listener, err := a.Listen(netip.MustParseAddrPort("127.0.0.1:0"), lab.Options{})
	must(t, err)
	waiting, err := a.Dial(listener.Local, lab.Options{})
	must(t, err)
	done := make(chan error)
	go func() {
		_, err := waiting.AwaitError(ample)
		done <- err
	}()
	if _, err := a.Dial(listener.Local, lab.Options{}); err != nil {
		t.Fatal(err)
	}
	must(t, a.Kill())
	if err := <-done; err == nil {
		t.Error("AwaitError of a killed actor brought no error")
	}
}

func TestDialMany(t *testing.T) {
	t.Parallel()
	const n = 3000
	solo := newSolo(t)
	server, client := newActor(t, solo), newActor(t, solo)
	listener, err := server.Listen(netip.MustParseAddrPort("127.0.0.1:0"), lab.Options{})
	must(t, err)
	accepted := make(chan error)
	go func() {
		sockets, err := listener.AcceptMany(n, quick)
		if err == nil && len(sockets) != n {
			err = fmt.Errorf("accepted %d of %d", len(sockets), n)
		}
		accepted <- err
	}()
	sockets, err := client.DialMany(listener.Local, n, lab.Options{})
	must(t, err)
	must(t, <-accepted)
	cookies := map[uint64]bool{}
	for _, s := range sockets {
		cookies[s.Cookie] = true
	}
	if len(cookies) != n {
		t.Errorf("%d connections of %d", len(cookies), n)
	}
}

func TestNameAndUser(t *testing.T) {
	t.Parallel()
	const name = "\x1b[31mred\aé\x1b[0m and more"
	a, err := newSolo(t).StartActor(lab.ActorOptions{Name: name, UID: 65534, GID: 65534})
	must(t, err)
	if _, err := a.Listen(netip.MustParseAddrPort("127.0.0.1:8080"), lab.Options{}); err != nil {
		t.Error(err)
	}
	if _, err := a.Listen(netip.MustParseAddrPort("127.0.0.1:80"), lab.Options{}); !errors.Is(err, syscall.EACCES) {
		t.Errorf("listen on port 80 without privilege: %v, want EACCES", err)
	}
	dir := fmt.Sprintf("/proc/%d", a.PID())
	for file, want := range map[string]string{"comm": name[:15] + "\n", "cmdline": name + "\x00"} {
		got, err := os.ReadFile(filepath.Join(dir, file))
		if string(got) != want {
			t.Errorf("%s is %q, want %q (%v)", file, got, want, err)
		}
	}
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	must(t, err)
	for _, want := range []string{"Uid:\t65534\t65534\t65534\t65534\n", "CapEff:\t0000000000000000\n"} {
		if !strings.Contains(string(status), want) {
			t.Errorf("status has no line %q", want)
		}
	}
}
