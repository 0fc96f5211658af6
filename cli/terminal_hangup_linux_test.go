package cli

import (
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// TestSignalInTheMiddleOfACheck ends the monitor while it waits for a peer that
// is silent: the options of the connection are put back before it is gone. A
// hangup is what a lost ssh session is.
func TestSignalInTheMiddleOfACheck(t *testing.T) {
	t.Parallel()
	needsLab(t)
	for _, signal := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			l, err := lab.New()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			dialed := silenced(t, l)
			before := described(t, dialed)
			term := startTerminal(t, l.Near, runAsKatop, "--interval", "250ms")
			term.shows("1 of 1")
			term.press("p")
			term.shows("0 of 1")
			for end := time.Now().Add(5 * time.Second); described(t, dialed) == before; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("the check never began")
				}
			}
			if err := syscall.Kill(term.process.PID(), signal); err != nil {
				t.Fatal(err)
			}
			if err := term.process.Wait(); err != nil {
				t.Errorf("ended with %v", err)
			}
			if after := described(t, dialed); after != before {
				t.Errorf("the owner sees %+v, want %+v as before", after, before)
			}
		})
	}
}

// silenced is a connection without keepalive whose peer is not heard any more.
func silenced(t *testing.T, l *lab.Lab) *lab.Socket {
	t.Helper()
	near, err := l.Near.StartActor(lab.ActorOptions{Name: "near"})
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Far().StartActor(lab.ActorOptions{Name: "far"})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := far.Listen(netip.AddrPortFrom(lab.FarAddr4, 7000), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dialed, err := near.Dial(listener.Local, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	return dialed
}

func described(t *testing.T, s *lab.Socket) lab.Keepalive {
	t.Helper()
	now, err := s.Describe()
	if err != nil {
		t.Fatal(err)
	}
	return now.Keepalive
}
