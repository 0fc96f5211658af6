package keepalive_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/lab"
)

// result is what Read said of one target.
type result struct {
	Keepalive conn.Keepalive
	Err       error
}

// read calls Read and fails unless every target was answered exactly once.
func read(t testing.TB, ctx context.Context, targets ...keepalive.Target) []result {
	t.Helper()
	results := make([]result, len(targets))
	answers := make([]int, len(targets))
	keepalive.Read(ctx, targets, func(i int, k conn.Keepalive, err error) {
		results[i] = result{k, err}
		answers[i]++
	})
	for i, n := range answers {
		if n != 1 {
			t.Errorf("target %d was answered %d times, want once", i, n)
		}
	}
	return results
}

func tcpSocket(t testing.TB) int { return socket(t, unix.AF_INET, unix.SOCK_STREAM) }

func socket(t testing.TB, domain, kind int) int {
	t.Helper()
	fd, err := unix.Socket(domain, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, fd)
	return fd
}

// closeAtEnd closes the socket with the test, unless the test has closed it:
// its number may be another's by then.
func closeAtEnd(t testing.TB, fd int) {
	t.Helper()
	cookie := target(t, fd).Cookie
	t.Cleanup(func() {
		if now, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE); err == nil && now == cookie {
			_ = unix.Close(fd)
		}
	})
}

func target(t testing.TB, fd int) keepalive.Target {
	t.Helper()
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		t.Fatal(err)
	}
	return keepalive.Target{Cookie: cookie, PID: int32(os.Getpid()), FD: int32(fd)}
}

func set(t testing.TB, fd, level, option, value int) {
	t.Helper()
	if err := unix.SetsockoptInt(fd, level, option, value); err != nil {
		t.Fatal(err)
	}
}

func TestReadSettings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		set  func(fd int)
		want conn.Keepalive
	}{
		{
			name: "all set",
			set: func(fd int) {
				set(t, fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
				set(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 301)
				set(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 32)
				set(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 4)
				set(t, fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 7501)
			},
			want: conn.Keepalive{
				Params:      conn.Params{Idle: 301 * time.Second, Interval: 32 * time.Second, Count: 4},
				UserTimeout: 7501 * time.Millisecond, State: conn.KeepaliveOn, Source: conn.SourceRead,
			},
		},
		{
			name: "parameters without keepalive",
			set: func(fd int) {
				set(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 5)
				set(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 6)
				set(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 7)
			},
			want: conn.Keepalive{
				Params: conn.Params{Idle: 5 * time.Second, Interval: 6 * time.Second, Count: 7},
				State:  conn.KeepaliveOff, Source: conn.SourceRead,
			},
		},
		{
			name: "the longest of each",
			set: func(fd int) {
				set(t, fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
				set(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 32767)
				set(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 32767)
				set(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 127)
				set(t, fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 1<<31-1)
			},
			want: conn.Keepalive{
				Params:      conn.Params{Idle: 32767 * time.Second, Interval: 32767 * time.Second, Count: 127},
				UserTimeout: (1<<31 - 1) * time.Millisecond, State: conn.KeepaliveOn, Source: conn.SourceRead,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fd := tcpSocket(t)
			tt.set(fd)
			got := read(t, t.Context(), target(t, fd))[0]
			if got.Err != nil {
				t.Fatal(got.Err)
			}
			if diff := cmp.Diff(tt.want, got.Keepalive); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Without own parameters a socket has those of its namespace.
func TestReadDefaults(t *testing.T) {
	t.Parallel()
	sysctl := func(name string) (n int) {
		text, err := os.ReadFile("/proc/sys/net/ipv4/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(string(text), &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	want := conn.Params{
		Idle:     time.Duration(sysctl("tcp_keepalive_time")) * time.Second,
		Interval: time.Duration(sysctl("tcp_keepalive_intvl")) * time.Second,
		Count:    sysctl("tcp_keepalive_probes"),
	}
	got := read(t, t.Context(), target(t, tcpSocket(t)))[0]
	if got.Err != nil || got.Keepalive.Params != want {
		t.Errorf("params %v, %v; want %v", got.Keepalive.Params, got.Err, want)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	one := target(t, tcpSocket(t))
	for i, got := range read(t, ctx, one, one, keepalive.Target{PID: 1}) {
		if !errors.Is(got.Err, context.Canceled) {
			t.Errorf("target %d: %v, want the context's error", i, got.Err)
		}
	}
}

// An MPTCP socket is known by its inode; programs in Go have such listeners
// without asking for them.
func TestReadMPTCP(t *testing.T) {
	t.Parallel()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_MPTCP)
	if err != nil {
		t.Skip("needs MPTCP: ", err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	set(t, fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	set(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 5)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	subflow := keepalive.Target{Cookie: 1, Inode: uint32(st.Ino), PID: int32(os.Getpid()), FD: int32(fd)}
	other := subflow
	other.Inode++
	got := read(t, t.Context(), subflow, other)
	if got[0].Err != nil || got[0].Keepalive.State != conn.KeepaliveOn || got[0].Keepalive.Params.Count != 5 || got[0].Keepalive.UserTimeout != 0 {
		t.Errorf("%+v, %v; want on with a count of 5", got[0].Keepalive, got[0].Err)
	}
	if !errors.Is(got[1].Err, keepalive.ErrGone) {
		t.Errorf("with another inode: %v, want ErrGone", got[1].Err)
	}
}

// Another process in another namespace: what Read says is what the owner's own
// getsockopt says.
func TestReadOtherProcess(t *testing.T) {
	if err := lab.Supported(); err != nil {
		t.Skip(err)
	}
	solo, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = solo.Close() })
	actor, err := solo.StartActor(lab.ActorOptions{Name: "reader"})
	if err != nil {
		t.Fatal(err)
	}
	options := lab.Options{Keepalive: lab.Keepalive{
		On: true, Idle: 11 * time.Second, Interval: 12 * time.Second, Count: 13, UserTimeout: 14500 * time.Millisecond,
	}}
	listener, err := actor.Listen(netip.MustParseAddrPort("127.0.0.1:0"), options)
	if err != nil {
		t.Fatal(err)
	}
	socket, err := actor.Dial(listener.Local, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*lab.Socket{listener, socket} {
		got := read(t, t.Context(), keepalive.Target{Cookie: s.Cookie, PID: int32(s.PID), FD: int32(s.FD)})[0]
		if got.Err != nil {
			t.Fatal(got.Err)
		}
		told := lab.Keepalive{
			On:   got.Keepalive.State == conn.KeepaliveOn,
			Idle: got.Keepalive.Params.Idle, Interval: got.Keepalive.Params.Interval, Count: got.Keepalive.Params.Count,
			UserTimeout: got.Keepalive.UserTimeout,
		}
		if diff := cmp.Diff(s.Keepalive, told); diff != "" {
			t.Errorf("%v (-the owner says +got)\n%s", s.Local, diff)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	const sockets = 1000
	targets := make([]keepalive.Target, sockets)
	for i := range targets {
		targets[i] = target(b, tcpSocket(b))
	}
	b.ReportAllocs()
	for b.Loop() {
		keepalive.Read(b.Context(), targets, func(_ int, _ conn.Keepalive, err error) {
			if err != nil {
				b.Fatal(err)
			}
		})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/sockets, "ns/socket")
}
