package keepalive_test

import (
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/lab"
)

func killIn(t *testing.T, n *lab.Namespace, c *keepalive.Controller, targets ...conn.Connection) (results []conn.Result) {
	t.Helper()
	err := n.Do(func() (err error) {
		results, err = c.Kill(t.Context(), targets, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// Both ends find their connection dead, and its neighbour lives on.
func TestKill(t *testing.T) {
	l, pairs := scene(t, lab.Options{}, lab.Options{})
	c := controller(t)
	one := connection(pairs[0].near)
	one.NetNS.Inode = l.Near.Inode()
	other := one
	other.Cookie++
	foreign := one
	foreign.NetNS.Inode = l.Router.Inode()

	results := killIn(t, l.Near, c, other, foreign, one, one)
	if diff := cmp.Diff([]string{"gone", "refused", "done", "gone"}, outcomes(results)); diff != "" {
		t.Fatalf("(-want +got)\n%s%v", diff, results)
	}
	if !strings.Contains(results[1].Reason, "another network namespace") {
		t.Errorf("foreign: %q", results[1].Reason)
	}
	for _, end := range []struct {
		socket *lab.Socket
		want   syscall.Errno
	}{{pairs[0].near, syscall.ECONNABORTED}, {pairs[0].far, syscall.ECONNRESET}} {
		death, err := end.socket.AwaitError(10 * time.Second)
		if err != nil || death.Errno != end.want {
			t.Errorf("%v finds %v, %v; want %v", end.socket.Local, death.Errno, err, end.want)
		}
	}
	if n, err := pairs[1].near.Send(7); err != nil || n != 7 {
		t.Errorf("the neighbour sent %d bytes, %v; want 7", n, err)
	}
	if n, err := pairs[1].far.Receive(7); err != nil || n != 7 {
		t.Errorf("the neighbour received %d bytes, %v; want 7", n, err)
	}
	journalSays(t, c, "kill 4")
	if _, err := c.Undo(t.Context(), "", nil); !errors.Is(err, keepalive.ErrNothingToUndo) {
		t.Errorf("undo of a kill: %v, want ErrNothingToUndo", err)
	}
}

func TestKillListener(t *testing.T) {
	l, _ := scene(t)
	actor, err := l.Near.StartActor(lab.ActorOptions{Name: "listens"})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := actor.Listen(netip.MustParseAddrPort("127.0.0.1:7100"), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := actor.Dial(listener.Local, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	target := connection(listener)
	target.NetNS.Inode = l.Near.Inode()
	if results := killIn(t, l.Near, controller(t), target); results[0].Outcome != conn.OutcomeDone {
		t.Fatalf("%v, want done", results[0])
	}
	if death, err := waiting.AwaitError(10 * time.Second); err != nil || death.Errno != syscall.ECONNRESET {
		t.Errorf("who waited for accept finds %v, %v; want ECONNRESET", death.Errno, err)
	}
	if _, err := actor.Dial(listener.Local, lab.Options{}); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dialing the killed listener: %v, want ECONNREFUSED", err)
	}
}
