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
	nowhere := one
	nowhere.NetNS.Inode = 1

	results := killIn(t, l.Near, c, other, foreign, nowhere, one, one)
	if diff := cmp.Diff([]string{"gone", "gone", "refused", "done", "gone"}, outcomes(results)); diff != "" {
		t.Fatalf("(-want +got)\n%s%v", diff, results)
	}
	if !strings.Contains(results[2].Reason, "/run/netns") {
		t.Errorf("no such namespace: %q", results[2].Reason)
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
	journalSays(t, c, "kill 5")
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

// Kill reaches every network namespace, and none but that of the connection:
// there may be one with the same addresses in each.
func TestKillAcrossNamespaces(t *testing.T) {
	labs := make([]*lab.Lab, 2)
	sockets := make([]*lab.Socket, 2)
	for i := range labs {
		labs[i], _ = scene(t)
		actor, err := labs[i].Near.StartActor(lab.ActorOptions{Name: "twin"})
		if err != nil {
			t.Fatal(err)
		}
		listener, err := actor.Listen(netip.MustParseAddrPort("127.0.0.1:7100"), lab.Options{})
		if err != nil {
			t.Fatal(err)
		}
		from := lab.Options{Bind: netip.MustParseAddrPort("127.0.0.1:7101")}
		if sockets[i], err = actor.Dial(listener.Local, from); err != nil {
			t.Fatal(err)
		}
		if _, err := listener.Accept(lab.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if sockets[0].Local != sockets[1].Local || sockets[0].Remote != sockets[1].Remote {
		t.Fatalf("%v and %v are not twins", sockets[0], sockets[1])
	}
	of := func(socket, namespace int) conn.Connection {
		c := connection(sockets[socket])
		c.NetNS.Inode = labs[namespace].Near.Inode()
		return c
	}
	// One that no process leads to: its name under /run/netns does.
	ownerless := of(1, 1)
	ownerless.Owners = nil
	c := controller(t)
	for _, step := range []struct {
		name   string
		target conn.Connection
		want   conn.Outcome
	}{
		{"the cookie of one in the namespace of the other", of(0, 1), conn.OutcomeGone},
		{"one", of(0, 0), conn.OutcomeDone},
		{"one again", of(0, 0), conn.OutcomeGone},
	} {
		results, err := c.Kill(t.Context(), []conn.Connection{step.target}, nil)
		if err != nil || results[0].Outcome != step.want {
			t.Errorf("%s: %v, %v; want %v", step.name, results, err, step.want)
		}
	}
	if now, err := sockets[1].Send(7); err != nil || now != 7 {
		t.Errorf("the twin sent %d bytes, %v; want 7", now, err)
	}
	if results, err := c.Kill(t.Context(), []conn.Connection{of(0, 0), ownerless}, nil); err != nil ||
		results[0].Outcome != conn.OutcomeGone || results[1].Outcome != conn.OutcomeDone {
		t.Errorf("%v, %v; want gone and done", results, err)
	}
}
