package bpf

import (
	"errors"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

// listening is a socket that iter/tcp meets, and its cookie.
func listening(t *testing.T) (int, uint64) {
	t.Helper()
	fd := made(t, unix.AF_INET, 0)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		t.Fatal(err)
	}
	return fd, cookie
}

// Only what is still as it was seen is set: under the lock of the socket, so
// that its owner is never overtaken.
func TestSetWhatWasSeen(t *testing.T) {
	loaded(t)
	setter, err := LoadSetter(3)
	if errors.Is(err, ErrUnsupported) {
		t.Skip("needs root and Linux 5.15:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = setter.Close() }()
	kept, keptCookie := listening(t)
	changed, changedCookie := listening(t)
	failing, failingCookie := listening(t)
	seen := make(map[uint64]Seen)
	if err := setter.Look(t.Context(), []uint64{keptCookie, changedCookie, failingCookie}, func(s *Seen) { seen[s.Cookie] = *s }); err != nil {
		t.Fatal(err)
	}
	for _, fd := range []int{kept, changed, failing} {
		want, err := witness(fd)
		if err != nil {
			t.Fatal(err)
		}
		if got := seen[want.Cookie].Before; got != want.Keepalive {
			t.Errorf("descriptor %d: %+v, want %+v", fd, got, want.Keepalive)
		}
	}
	set(t, changed, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 77)

	wish := func(cookie uint64, count int32) Wish {
		s := seen[cookie]
		return Wish{Seen: &s, Until: 255, Refuse: 255, Steps: []Step{
			{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1}, {unix.IPPROTO_TCP, unix.TCP_KEEPCNT, count},
		}}
	}
	told := make(map[uint64]Seen)
	if err := setter.Set([]Wish{wish(keptCookie, 5), wish(changedCookie, 5), wish(failingCookie, 1000)}, func(s *Seen) { told[s.Cookie] = *s }); err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		name   string
		fd     int
		cookie uint64
		set    bool
		errno  unix.Errno
		state  conn.KeepaliveState
		count  int
	}{
		{"as it was seen", kept, keptCookie, true, 0, conn.KeepaliveOn, 5},
		{"changed since", changed, changedCookie, false, 0, conn.KeepaliveOff, 77},
		{"with a value that is refused", failing, failingCookie, true, unix.EINVAL, conn.KeepaliveOn, 9},
	} {
		now, err := optionsNow(one.fd)
		if err != nil {
			t.Fatal(err)
		}
		got := told[one.cookie]
		if got.Set != one.set || got.Errno != one.errno || now.State != one.state || now.Params.Count != one.count && one.name != "with a value that is refused" {
			t.Errorf("%s: %+v, and has %v", one.name, got, now)
		}
		if got.Set && got.After != now {
			t.Errorf("%s: told as %v, and has %v", one.name, got.After, now)
		}
		if one.errno != 0 && got.Failed != 1 {
			t.Errorf("%s: step %d failed, want 1", one.name, got.Failed)
		}
	}
}

// After Forget there is room for others, whatever became of the Look before.
func TestForget(t *testing.T) {
	setter, err := LoadSetter(proofs)
	if err != nil {
		t.Skip("needs root and Linux 5.15:", err)
	}
	defer func() { _ = setter.Close() }()
	var cookies []uint64
	for range proofs + 1 {
		_, cookie := listening(t)
		cookies = append(cookies, cookie)
	}
	none := func(*Seen) { t.Error("a Look that failed met a socket") }
	if err := setter.Look(t.Context(), cookies, none); err == nil {
		t.Errorf("%d sockets found room for %d", len(cookies), proofs)
	}
	for _, cookie := range cookies {
		if err := setter.Forget(); err != nil {
			t.Fatal(err)
		}
		var met []uint64
		if err := setter.Look(t.Context(), []uint64{cookie}, func(s *Seen) { met = append(met, s.Cookie) }); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(met, []uint64{cookie}) {
			t.Errorf("met %d, want %d alone", met, cookie)
		}
	}
}

// The options of a subflow are its MPTCP socket's, which setsockopt sets.
func TestSubflowsAreNotMet(t *testing.T) {
	loaded(t)
	plain, cookie := listening(t)
	fd := made(t, unix.AF_INET, unix.IPPROTO_MPTCP)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	subflow := cookieOf(t, portOf(t, fd))
	if subflow == 0 || cookieOf(t, portOf(t, plain)) != cookie {
		t.Fatalf("the dump does not show the sockets of the test")
	}
	setter, err := LoadSetter(2)
	if err != nil {
		t.Skip("needs root and Linux 5.15:", err)
	}
	defer func() { _ = setter.Close() }()
	var met []uint64
	if err := setter.Look(t.Context(), []uint64{cookie, subflow}, func(s *Seen) { met = append(met, s.Cookie) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(met, []uint64{cookie}) {
		t.Errorf("met %d, want %d without the subflow %d", met, cookie, subflow)
	}
}

// A Setter proves itself, also where loopback is down, and leaves nothing of it.
func TestSetterProvesItself(t *testing.T) {
	loaded(t)
	before := descriptors(t)
	for _, flags := range []int{0, unix.CLONE_NEWNET} {
		proved := make(chan error)
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread dies with its namespace
			err := unix.Unshare(flags)
			if err == nil {
				var setter *Setter
				if setter, err = LoadSetter(1); err == nil {
					err = setter.Close()
				}
			}
			proved <- err
		}()
		if err := <-proved; err != nil {
			t.Errorf("in a namespace made with %#x: %v", flags, err)
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}

// A kernel of which the Setter reads wrong values is found out.
func TestSetterUntrue(t *testing.T) {
	setter, err := LoadSetter(1)
	if err != nil {
		t.Skip("needs root and Linux 5.15:", err)
	}
	defer func() { _ = setter.Close() }()
	for name, spoil := range map[string]func(*Seen){
		"nothing":      func(*Seen) {},
		"cookie":       func(s *Seen) { s.Cookie++ },
		"local":        func(s *Seen) { s.Local = netip.AddrPortFrom(s.Local.Addr(), s.Local.Port()^1) },
		"remote":       func(s *Seen) { s.Remote = s.Local },
		"socket state": func(s *Seen) { s.State-- },
		"orphan":       func(s *Seen) { s.Orphan = true },
		"unanswered":   func(s *Seen) { s.Unanswered++ },
		"waiting":      func(s *Seen) { s.Waiting = true },
		"state":        func(s *Seen) { s.Before.State = conn.KeepaliveOff },
		"user timeout": func(s *Seen) { s.Before.UserTimeout *= 4 },
		"count":        func(s *Seen) { s.Before.Params.Count-- },
		"interval":     func(s *Seen) { s.Before.Params.Interval *= 2 },
		"idle":         func(s *Seen) { s.Before.Params.Idle *= 2 },
	} {
		fd, err := ownListener(true)
		if err != nil {
			t.Fatal(err)
		}
		own, err := witnessSeen(fd)
		if err != nil {
			t.Fatal(err)
		}
		spoil(&own)
		err = setter.compare([]Seen{own})
		if wrong := errors.Is(err, ErrUntrue) && !strings.Contains(err.Error(), "\n"); wrong == (name == "nothing") {
			t.Errorf("%s: %v", name, err)
		}
		if err := setter.Forget(); err != nil {
			t.Error(err)
		}
		_ = unix.Close(fd)
	}
}

func BenchmarkLoadSetter(b *testing.B) {
	loaded(b)
	for b.Loop() {
		setter, err := LoadSetter(1)
		if err != nil {
			b.Fatal(err)
		}
		_ = setter.Close()
	}
}

func portOf(t *testing.T, fd int) uint16 {
	t.Helper()
	at, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return uint16(at.(*unix.SockaddrInet4).Port)
}

// cookieOf is the cookie of the listener at a port, as a dump has it.
func cookieOf(t *testing.T, port uint16) (cookie uint64) {
	t.Helper()
	c, err := inetdiag.Dial(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.Dump(t.Context(), inetdiag.Request{Family: inetdiag.FamilyIPv4}, func(s *inetdiag.Socket) error {
		if s.State == inetdiag.StateListen && s.ID.Local.Port() == port {
			cookie = s.ID.Cookie
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return cookie
}
