package lab_test

import (
	"errors"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// wantDeath waits for the end of a connection and checks its cause.
func wantDeath(t *testing.T, s *lab.Socket, want syscall.Errno) {
	t.Helper()
	death, err := s.AwaitError(ample)
	if err != nil {
		t.Errorf("%s -> %s: %v, want death by %v", s.Local, s.Remote, err, want)
		return
	}
	if death.Errno != want {
		t.Errorf("%s -> %s died of %v, want %v", s.Local, s.Remote, death.Errno, want)
	}
}

// wantAlive checks that a connection has no error.
func wantAlive(t *testing.T, s *lab.Socket) {
	t.Helper()
	if death, err := s.AwaitError(0); err == nil {
		t.Errorf("%s -> %s died of %v, want it alive", s.Local, s.Remote, death.Errno)
	}
}

func TestLoseIsSilent(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	e := newEnds(t, l)
	guarded4, deaf4 := e.dial(t, far4, quick)
	guarded6, deaf6 := e.dial(t, far6, quick)
	unguarded, _ := e.dial(t, far4, lab.Options{})
	must(t, l.Lose(lab.Both))
	wantDeath(t, guarded4, syscall.ETIMEDOUT)
	wantDeath(t, guarded6, syscall.ETIMEDOUT)
	for _, s := range []*lab.Socket{deaf4, deaf6, unguarded} {
		wantAlive(t, s)
	}
	for _, n := range []*lab.Namespace{l.Near, l.Far()} {
		if count := unreachables(t, n); count != 0 {
			t.Errorf("%s was told %d times that its peer cannot be reached", n.Name(), count)
		}
	}
}

// unreachables counts the ICMP messages of that kind that came in.
func unreachables(t *testing.T, n *lab.Namespace) (count int) {
	t.Helper()
	var text string
	for _, file := range []string{"/proc/thread-self/net/snmp", "/proc/thread-self/net/snmp6"} {
		must(t, n.Do(func() error {
			b, err := os.ReadFile(file)
			text += string(b)
			return err
		}))
	}
	var names []string // of the IPv4 counters: one line of names, one of numbers
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case f[0] == "Icmp:" && names == nil:
			names = f
		case f[0] == "Icmp:":
			count += atoi(t, f[slices.Index(names, "InDestUnreachs")])
		case f[0] == "Icmp6InDestUnreachs":
			count += atoi(t, f[1])
		}
	}
	return count
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	must(t, err)
	return n
}

func TestDeathIsTimed(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	near, _ := newEnds(t, l).dial(t, far4, quick)
	must(t, l.Lose(lab.Both))
	before := time.Now()
	death, err := near.AwaitError(ample)
	must(t, err)
	after := time.Now()
	if death.At.Before(before) || death.At.After(after) {
		t.Errorf("died at %v, want between %v and %v", death.At, before, after)
	}
	if death.Monotonic <= 0 {
		t.Errorf("monotonic time of death is %v", death.Monotonic)
	}
}

func TestLoseOneDirection(t *testing.T) {
	t.Parallel()
	for _, addr := range []netip.AddrPort{far4, far6} {
		for name, d := range map[string]lab.Direction{"near to far": lab.NearToFar, "far to near": lab.FarToNear} {
			t.Run(addr.String()+" "+name, func(t *testing.T) {
				t.Parallel()
				l := newLab(t)
				near, far := newEnds(t, l).dial(t, addr, lab.Options{})
				wantFlow(t, near, far)
				lost, open := [2]*lab.Socket{near, far}, [2]*lab.Socket{far, near}
				if d == lab.FarToNear {
					lost, open = open, lost
				}
				must(t, l.Lose(d))
				must(t, l.Lose(d)) // twice is once
				for _, s := range []*lab.Socket{near, far} {
					if _, err := s.Send(7); err != nil {
						t.Fatal(err)
					}
				}
				if n, err := open[1].Receive(7); n != 7 || err != nil {
					t.Errorf("the open direction passed %d bytes of 7: %v", n, err)
				}
				if n := unread(t, lost[1]); n != 0 {
					t.Errorf("the lost direction passed %d bytes", n)
				}
				must(t, l.Restore())
				if n, err := lost[1].Receive(7); n != 7 || err != nil {
					t.Errorf("after Restore came %d bytes of 7: %v", n, err)
				}
			})
		}
	}
}

func TestForgetPort(t *testing.T) {
	t.Parallel()
	for _, addr := range []netip.AddrPort{far4, far6} {
		t.Run(addr.String(), func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			e := newEnds(t, l)
			forgotten, _ := e.dial(t, addr, quick)
			kept, keptFar := e.dial(t, addr, quick)
			must(t, l.ForgetPort(forgotten.Local.Port(), lab.Both))
			wantDeath(t, forgotten, syscall.ETIMEDOUT)
			wantAlive(t, kept)
			wantFlow(t, kept, keptFar)
		})
	}
	if err := newLab(t).ForgetPort(0, lab.Both); err == nil {
		t.Error("port 0 was forgotten")
	}
}

func TestReboot(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	e := newEnds(t, l)
	// What the old Far has not read or not acknowledged must not leak out as a
	// RST or FIN either.
	unreadHere, _ := e.dial(t, far4, lab.Options{})
	if _, err := unreadHere.Send(100); err != nil {
		t.Fatal(err)
	}
	probing4, _ := e.dial(t, far4, quick)
	probing6, _ := e.dial(t, far6, quick)
	quiet, _ := e.dial(t, far4, lab.Options{})
	old := l.Far()

	must(t, l.Reboot())
	if l.Far() == old || l.Far().Inode() == 0 {
		t.Error("Far is the same namespace")
	}
	for _, s := range []*lab.Socket{unreadHere, quiet} {
		wantAlive(t, s)
	}
	if _, err := e.far.Listen(far4, lab.Options{}); err == nil {
		t.Error("an actor of the old Far still lives")
	}
	wantDeath(t, probing4, syscall.ECONNRESET)
	wantDeath(t, probing6, syscall.ECONNRESET)
	wantAlive(t, quiet)
	if _, err := quiet.Send(1); err != nil {
		t.Fatal(err)
	}
	wantDeath(t, quiet, syscall.ECONNRESET)

	e = newEnds(t, l)
	for _, addr := range []netip.AddrPort{far4, far6} {
		near, far := e.dial(t, addr, quick)
		wantFlow(t, near, far)
	}
}

func TestRebootKeepsFaults(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	near, _ := newEnds(t, l).dial(t, far4, quick)
	must(t, l.Lose(lab.NearToFar))
	must(t, l.Reboot())
	wantDeath(t, near, syscall.ETIMEDOUT)
	must(t, l.Restore())
	_, err := newActor(t, l.Near).Dial(far4, lab.Options{})
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after Restore the dial ends with %v, want ECONNREFUSED", err)
	}
}

func TestKillPeer(t *testing.T) {
	t.Parallel()
	e := newEnds(t, newLab(t))
	closed, _ := e.dial(t, far4, lab.Options{})
	reset, resetFar := e.dial(t, far4, lab.Options{})
	if _, err := reset.Send(10); err != nil {
		t.Fatal(err)
	}
	for unread(t, resetFar) == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	must(t, e.far.Kill())
	if n, err := closed.Receive(1); n != 0 || err != nil {
		t.Errorf("received %d bytes, %v; want the peer's FIN", n, err)
	}
	wantDeath(t, reset, syscall.ECONNRESET)
}

func TestLinkDown(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	e := newEnds(t, l)
	near4, _ := e.dial(t, far4, quick)
	near6, _ := e.dial(t, far6, quick)
	must(t, l.LinkDown())
	for _, s := range []*lab.Socket{near4, near6} {
		death, err := s.AwaitError(ample)
		// IPv6 keeps what the failed sends said as the cause, IPv4 does not.
		if err != nil || death.Errno != syscall.ETIMEDOUT && death.Errno != syscall.ENETUNREACH {
			t.Errorf("%s died of %v (%v), want ETIMEDOUT or ENETUNREACH", s.Local, death.Errno, err)
		}
	}
	if _, err := e.near.Dial(far4, lab.Options{}); !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("the dial ends with %v, want ENETUNREACH", err)
	}
	must(t, l.LinkUp())
	for _, addr := range []netip.AddrPort{far4, far6} {
		near, far := e.dial(t, addr, quick)
		wantFlow(t, near, far)
	}
}

// TestRebootKeepsForgottenPorts holds that the end of one fault ends no other:
// the reboot loses all packets for a while, and one port stays forgotten.
func TestRebootKeepsForgottenPorts(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	lost := netip.AddrPortFrom(far4.Addr(), far4.Port()+1)
	must(t, l.ForgetPort(lost.Port(), lab.Both))
	must(t, l.Reboot())
	near, far := newEnds(t, l).dial(t, far4, quick)
	wantFlow(t, near, far)
	dialing, err := newActor(t, l.Near).StartDial(lost, lab.Options{})
	must(t, err)
	if death, err := dialing.AwaitError(300 * time.Millisecond); err == nil {
		t.Errorf("the forgotten port answered: %v", death.Errno)
	}
	must(t, l.Restore())
}
