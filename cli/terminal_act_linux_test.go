package cli

import (
	"strconv"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// TestActInATerminal is a whole visit that changes something: filter, mark, K,
// profile, confirm, read back, undo. What counts is what the owner of the
// sockets sees with its own getsockopt.
func TestActInATerminal(t *testing.T) {
	t.Parallel()
	ns, guarded, unguarded := shop(t)
	before := owned(t, unguarded)
	term := startTerminal(t, ns, runAsKatop, "--interval", "250ms")
	term.shows("11 of 11")
	term.press("/proc:buyer ka:off\r")
	term.shows(" 2 of 11")
	term.press("a")
	term.shows("2 marked")
	term.press("K")
	term.shows("Keepalive of 2 marked connections")
	term.press("jj")
	term.shows("● realtime")
	term.press("\r")
	term.shows("off → 60/10/3")
	if got := owned(t, unguarded); got != before {
		t.Errorf("the owner sees %+v before anybody said yes", got)
	}
	term.press("y")
	term.shows("2 done")
	want := lab.Keepalive{On: true, Idle: 60 * time.Second, Interval: 10 * time.Second, Count: 3}
	if got := owned(t, unguarded); got != want {
		t.Errorf("the owner sees %+v, want %+v", got, want)
	}
	term.press("\x1b")
	term.shows("nothing matches the filter") // none of buyer's is off any more
	term.press("\x1b")
	term.shows("11 of 11")
	term.shows("60/10/3")

	term.press("u")
	term.shows("Take back what was done")
	term.shows("60/10/3 → off")
	term.press("y")
	term.shows("2 done")
	if got := owned(t, unguarded); got != before {
		t.Errorf("after undo the owner sees %+v, want %+v", got, before)
	}
	term.press("\x1b")
	term.shows("VERDICT")

	term.press("J")
	term.shows("taken back")
	term.press("\x1b")
	term.lacks("taken back")

	// A liveness check of one of the guarded connections leaves it as it was.
	asWas := owned(t, guarded)
	term.press("U")
	term.lacks("2 marked")
	term.press("/lport:" + portOf(guarded) + "\r")
	term.shows(" 1 of 11")
	term.press("p")
	term.shows("1 alive")
	if got := owned(t, guarded); got != asWas {
		t.Errorf("after the check the owner sees %+v, want %+v", got, asWas)
	}
	term.press("\x1b")
	term.shows("VERDICT")

	term.press("x")
	term.shows("Kill:")
	term.press("n")
	term.lacks("Kill:")
	term.press("x")
	term.shows("Kill:")
	term.press("y")
	term.shows("1 done")
	if death, err := guarded.AwaitError(5 * time.Second); err != nil || death.Errno == 0 {
		t.Errorf("the owner of the killed connection saw %v, %v", death.Errno, err)
	}
	term.press("\x1b")
	term.shows("VERDICT")
	term.press("q")
	term.ended(false)
}

// owned is what the owner of a socket reads of it.
func owned(t *testing.T, s *lab.Socket) lab.Keepalive {
	t.Helper()
	now, err := s.Describe()
	if err != nil {
		t.Fatal(err)
	}
	if !now.Keepalive.On {
		// Its parameters are out of force and stay as they are.
		return lab.Keepalive{UserTimeout: now.Keepalive.UserTimeout}
	}
	return now.Keepalive
}

// TestReadOnlyInATerminal holds that --read-only takes the keys away.
func TestReadOnlyInATerminal(t *testing.T) {
	t.Parallel()
	ns, _, _ := shop(t)
	term := startTerminal(t, ns, runAsKatop, "--read-only")
	text := term.shows("11 of 11")
	for _, key := range []string{"K", "x", "u", "J", "p"} {
		term.press(key)
	}
	term.press("f")
	term.shows("frozen")
	if now := term.text(); len(now) == 0 || len(text) == 0 {
		t.Error("the screen is empty")
	}
	term.lacks("Kill:")
	term.lacks("Keepalive of")
	term.lacks("Journal")
	term.press("q")
	term.ended(false)
}

func portOf(s *lab.Socket) string { return strconv.Itoa(int(s.Local.Port())) }
