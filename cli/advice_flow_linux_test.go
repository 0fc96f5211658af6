package cli

import (
	"net/netip"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// TestAdviceFlowInATerminal goes from a finding to the connections behind it,
// turns keepalive on for them as "general" does, and sees the finding gone with
// the next look. What counts is what the owner of the sockets sees with its own
// getsockopt.
func TestAdviceFlowInATerminal(t *testing.T) {
	t.Parallel()
	l := mustLab(t)
	nginx, clients := mustActor(t, l.Near, lab.ActorOptions{Name: "nginx"}), mustActor(t, l.Far(), lab.ActorOptions{Name: "clients"})
	listener, err := nginx.Listen(netip.AddrPortFrom(lab.NearAddr4, 443), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	accepted := make([]*lab.Socket, 3)
	for i := range accepted {
		if _, err := clients.Dial(listener.Local, lab.Options{}); err != nil {
			t.Fatal(err)
		}
		if accepted[i], err = listener.Accept(lab.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(when string, want lab.Keepalive) {
		t.Helper()
		for _, s := range accepted {
			if got := owned(t, s); got != want {
				t.Errorf("%s the owner of %v sees %+v, want %+v", when, s.Remote, got, want)
			}
		}
	}

	term := startTerminal(t, l.Near, runAsKatop, "--interval", "250ms")
	term.shows("4 of 4")
	term.press("6")
	term.shows("nginx: 3 connections on :443 without keepalive")
	term.press("\r")
	term.shows("› nginx: 3 connections on :443")
	term.shows(" 3 of 4")
	term.press("K")
	term.shows("● general")
	term.press("\t")
	term.shows("Keepalive of 3 connections, all that are shown")
	term.press("\r")
	term.shows("off → 300/30/3")
	holds("before anybody said yes", lab.Keepalive{})
	term.press("y")
	term.shows("3 done")
	holds("afterwards", lab.Keepalive{On: true, Idle: 300 * time.Second, Interval: 30 * time.Second, Count: 3})

	term.press("\x1b")
	term.shows("none is left: the finding is gone")
	term.press("\x1b")
	term.shows("kernel defaults 7200/75/9") // the others stay
	term.lacks("without keepalive")
	term.press("1")
	term.shows("300/30/3")
	term.press("q")
	term.ended(false)
}
