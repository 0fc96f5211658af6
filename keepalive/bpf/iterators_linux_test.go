package bpf

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// roleVariable makes the test binary prove itself in a PID namespace.
const roleVariable = "KATOP_BPF_TEST_ROLE"

func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) != "" {
		if err := proveInside(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func loaded(t testing.TB) *Iterators {
	t.Helper()
	it, err := Load()
	if errors.Is(err, ErrNotPermitted) || errors.Is(err, ErrUnsupported) {
		t.Skip("needs root and a kernel with BTF:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := it.Close(); err != nil {
			t.Error(err)
		}
	})
	return it
}

// made is a socket of the test; it is closed with it.
func made(t *testing.T, family, protocol int) int {
	t.Helper()
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		t.Skip("needs the protocol:", err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

func set(t *testing.T, fd, level, name, value int) {
	t.Helper()
	if err := unix.SetsockoptInt(fd, level, name, value); err != nil {
		t.Fatal(err)
	}
}

// What the iterator reads is what getsockopt says, whatever was set and wherever
// the socket is.
func TestSockets(t *testing.T) {
	it := loaded(t)
	in := func(family int) int { return made(t, family, unix.IPPROTO_TCP) }
	plain, six, listener := in(unix.AF_INET), in(unix.AF_INET6), in(unix.AF_INET)
	part, waits := in(unix.AF_INET6), in(unix.AF_INET)
	set(t, part, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 32767)
	set(t, part, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	set(t, waits, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 1)
	set(t, six, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 127)
	set(t, six, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 1)
	if err := unix.Listen(listener, 1); err != nil {
		t.Fatal(err)
	}
	again, err := unix.FcntlInt(uintptr(plain), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(again) })
	foreign, itself := elsewhere(t)
	datagram, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(datagram) })

	got := make(map[int32]Socket)
	if err := it.Sockets(t.Context(), func(s *Socket) {
		if s.PID == int32(os.Getpid()) {
			got[s.FD] = *s
		}
	}); err != nil {
		t.Fatal(err)
	}
	for _, fd := range []int{plain, six, listener, part, waits, again} {
		checkRead(t, got[int32(fd)], fd, 0)
	}
	if got[int32(foreign)].NetNS == got[int32(plain)].NetNS {
		t.Error("a socket of another namespace is not told from one of this")
	}
	if got, want := got[int32(foreign)].Keepalive.Params, itself.Keepalive.Params; got != want || got.Count != 5 {
		t.Errorf("under other sysctls: %v, want %v", got, want)
	}
	checkRead(t, got[int32(foreign)], foreign, got[int32(foreign)].NetNS)
	if s, ok := got[int32(datagram)]; ok {
		t.Errorf("a UDP socket: %+v", s)
	}
}

// checkRead compares with the witness, who makes the socket's cookie if it has
// none, and does not know of other namespaces.
func checkRead(t *testing.T, got Socket, fd int, netns uint64) {
	t.Helper()
	want, err := witness(fd)
	if err != nil {
		t.Fatal(err)
	}
	if netns != 0 {
		want.NetNS = netns
	}
	if got.Cookie == 0 { // unless somebody has dumped the host's sockets meanwhile
		got.Cookie = want.Cookie
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("descriptor %d (-getsockopt +iterator)\n%s", fd, diff)
	}
}

// elsewhere makes a socket in a network namespace of its own with other sysctls,
// and says what getsockopt says of it.
func elsewhere(t *testing.T) (int, Socket) {
	t.Helper()
	type answer struct {
		fd  int
		s   Socket
		err error
	}
	answers := make(chan answer)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread dies with its namespace
		a := answer{fd: -1}
		a.err = unix.Unshare(unix.CLONE_NEWNET)
		for name, value := range map[string]string{"time": "4711", "intvl": "13", "probes": "5"} {
			if a.err == nil {
				a.err = os.WriteFile("/proc/sys/net/ipv4/tcp_keepalive_"+name, []byte(value), 0)
			}
		}
		if a.err == nil {
			a.fd, a.err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		}
		if a.err == nil {
			a.s.Keepalive, a.err = optionsNow(a.fd)
		}
		answers <- a
	}()
	a := <-answers
	if a.err != nil {
		t.Fatal(a.err)
	}
	t.Cleanup(func() { _ = unix.Close(a.fd) })
	return a.fd, a.s
}

// A program that cannot be loaded is told by its kind, and nothing of it stays.
func TestLoadRefused(t *testing.T) {
	before := descriptors(t)
	for _, tt := range []struct {
		given error
		want  error
	}{
		{unix.EPERM, ErrNotPermitted},
		{fmt.Errorf("load the program: %w", &ebpf.VerifierError{Cause: unix.EPERM}), ErrNotPermitted},
		{&ebpf.VerifierError{Cause: unix.EACCES}, ErrUnsupported},
		{unix.EINVAL, ErrUnsupported},
		{unix.ENOSYS, ErrUnsupported},
		{os.ErrNotExist, ErrUnsupported},
		{ebpf.ErrNotSupported, ErrUnsupported},
	} {
		it, err := load(func(*Iterators) error { return tt.given })
		if it != nil || !errors.Is(err, tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v, want %v in one line", tt.given, err, tt.want)
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}

// A kernel that gives wrong values is found out, and nothing stays of it either.
func TestUntrue(t *testing.T) {
	it := loaded(t)
	before := descriptors(t)
	for name, spoil := range map[string]func(*Socket){
		"pid":          func(s *Socket) { s.PID++ },
		"inode":        func(s *Socket) { s.Inode++ },
		"cookie":       func(s *Socket) { s.Cookie = 0 },
		"namespace":    func(s *Socket) { s.NetNS++ },
		"name":         func(s *Socket) { s.Name += "x" },
		"state":        func(s *Socket) { s.Keepalive.State = conn.KeepaliveOff },
		"user timeout": func(s *Socket) { s.Keepalive.UserTimeout *= 4 },
		"count":        func(s *Socket) { s.Keepalive.Params.Count-- },
		"interval":     func(s *Socket) { s.Keepalive.Params.Interval *= 2 },
		"descriptor":   func(s *Socket) { s.FD = 1 << 20 },
	} {
		fd := made(t, unix.AF_INET, 0)
		if err := setOdd(fd); err != nil {
			t.Fatal(err)
		}
		own, err := witness(fd)
		if err != nil {
			t.Fatal(err)
		}
		spoil(&own)
		if err := it.compare([]Socket{own}); !errors.Is(err, ErrUntrue) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want ErrUntrue in one line", name, err)
		}
		_ = unix.Close(fd)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}

// In a PID namespace the PIDs are those of its /proc: the proof is about that
// too.
func TestPIDNamespace(t *testing.T) {
	loaded(t)
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"=prove")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func proveInside() error {
	if os.Getpid() != 1 {
		return fmt.Errorf("PID %d in a new namespace", os.Getpid())
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return err
	}
	it, err := Load()
	if err != nil {
		return err
	}
	return it.Close()
}

func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func BenchmarkLoad(b *testing.B) {
	loaded(b)
	for b.Loop() {
		it, err := Load()
		if err != nil {
			b.Fatal(err)
		}
		_ = it.Close()
	}
}

func BenchmarkSockets(b *testing.B) {
	it := loaded(b)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n = 0
		if err := it.Sockets(b.Context(), func(*Socket) { n++ }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n), "sockets")
}
