package keepalive_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/lab"
)

// twins are sockets that come in two equal copies, of which one is changed in
// bulk and one by its descriptor.
type twins struct {
	t           *testing.T
	near, far   *lab.Actor
	inode       uint64
	names       []string
	sockets     [2][]*lab.Socket
	connections [2][]conn.Connection
}

func newTwins(t *testing.T, l *lab.Lab) *twins {
	t.Helper()
	tw := &twins{t: t, inode: l.Near.Inode()}
	var err error
	if tw.near, err = l.Near.StartActor(lab.ActorOptions{Name: "twins"}); err != nil {
		t.Fatal(err)
	}
	if tw.far, err = l.Far().StartActor(lab.ActorOptions{Name: "peers"}); err != nil {
		t.Fatal(err)
	}
	return tw
}

func (tw *twins) must(s *lab.Socket, err error) *lab.Socket {
	tw.t.Helper()
	if err != nil {
		tw.t.Fatal(err)
	}
	return s
}

// add makes both copies of a socket; make may end with another state than
// ESTABLISHED or LISTEN, and says so.
func (tw *twins) add(name string, state conn.State, make func() *lab.Socket) {
	tw.t.Helper()
	tw.names = append(tw.names, name)
	for i := range tw.sockets {
		s := make()
		c := connection(s)
		c.NetNS.Inode, c.State = tw.inode, state
		tw.sockets[i] = append(tw.sockets[i], s)
		tw.connections[i] = append(tw.connections[i], c)
	}
}

// dial makes a connection from near to far and does something with its ends.
func (tw *twins) dial(listener *lab.Socket, to netip.Addr, o lab.Options, then func(near, far *lab.Socket) error) func() *lab.Socket {
	return func() *lab.Socket {
		s := tw.must(tw.near.Dial(netip.AddrPortFrom(to, listener.Local.Port()), o))
		peer := tw.must(listener.Accept(lab.Options{}))
		if then != nil {
			if err := then(s, peer); err != nil {
				tw.t.Fatal(err)
			}
		}
		return s
	}
}

// compare runs the same with both copies, one of them in bulk, and compares the
// results, and these with what the owners' getsockopt says.
func (tw *twins) compare(what string, run func(i int) ([]conn.Result, error)) {
	tw.t.Helper()
	var told [2][]string
	for i := range told {
		results, err := run(i)
		if err != nil {
			tw.t.Fatal(what, err)
		}
		for _, r := range results {
			if r.Changed() || r.Outcome == conn.OutcomeUnchanged {
				tw.isSo(what, i, r)
			}
			at := slices.IndexFunc(tw.sockets[i], func(s *lab.Socket) bool { return s.Cookie == r.Connection.Cookie })
			told[i] = append(told[i], fmt.Sprintf("%s: %v %s %+v %+v", tw.names[at], r.Outcome, digits.ReplaceAllString(r.Reason, "N"), r.Before, r.After))
		}
	}
	if diff := cmp.Diff(told[1], told[0]); diff != "" {
		tw.t.Errorf("%s (-by descriptor +in bulk)\n%s", what, diff)
	}
}

var digits = regexp.MustCompile(`[0-9]+`)

func (tw *twins) isSo(what string, i int, r conn.Result) {
	tw.t.Helper()
	for _, s := range tw.sockets[i] {
		if s.Cookie != r.Connection.Cookie {
			continue
		}
		now := described(tw.t, s)
		said := lab.Keepalive{
			On: r.After.State == conn.KeepaliveOn, Idle: r.After.Params.Idle, Interval: r.After.Params.Interval,
			Count: r.After.Params.Count, UserTimeout: r.After.UserTimeout,
		}
		if now != said {
			tw.t.Errorf("%s: %v has %+v, the result says %+v", what, r.Connection.Local, now, said)
		}
		return
	}
	tw.t.Errorf("%s: a result of %v, which was not asked for", what, r.Connection.Local)
}

// A bulk change does to each connection what a single change does to it, says the
// same of it, and is undone as well.
func TestBulkIsEqual(t *testing.T) {
	l, _ := scene(t)
	for name, value := range map[string]string{"time": "4711", "intvl": "13", "probes": "5"} {
		if err := l.Near.SetSysctl("net.ipv4.tcp_keepalive_"+name, value); err != nil {
			t.Fatal(err)
		}
	}
	tw := newTwins(t, l)
	listener := tw.must(tw.far.Listen(netip.AddrPortFrom(netip.IPv6Unspecified(), 7300), lab.Options{}))
	of := func(k lab.Keepalive) lab.Options { return lab.Options{Keepalive: k} }
	up := conn.StateEstablished
	for name, o := range map[string]lab.Options{
		"unset": {}, "on at the sysctls": of(lab.Keepalive{On: true}), "idle alone": of(lab.Keepalive{Idle: time.Hour}),
		"all others":       of(lab.Keepalive{On: true, Idle: 20 * time.Second, Interval: 21 * time.Second, Count: 22, UserTimeout: 1234567 * time.Millisecond}),
		"as it is to be":   of(lab.Keepalive{On: true, Idle: 300 * time.Second, Interval: 30 * time.Second, Count: 3}),
		"of a check":       of(lab.Keepalive{On: true, Idle: time.Second, Interval: 32767 * time.Second, Count: 127}),
		"off like a check": of(lab.Keepalive{Interval: 32767 * time.Second, Count: 127}),
	} {
		tw.add(name, up, tw.dial(listener, lab.FarAddr4, o, nil))
	}
	tw.add("IPv6", up, tw.dial(listener, lab.FarAddr6, lab.Options{}, nil))
	tw.add("dual", up, tw.dial(listener, netip.AddrFrom16(lab.FarAddr4.As16()), lab.Options{}, nil))
	tw.add("CLOSE-WAIT", conn.StateCloseWait, tw.dial(listener, lab.FarAddr4, lab.Options{}, func(_, far *lab.Socket) error { return far.CloseWrite() }))
	tw.add("FIN-WAIT-2", conn.StateFinWait2, tw.dial(listener, lab.FarAddr4, lab.Options{}, func(near, _ *lab.Socket) error { return near.CloseWrite() }))
	tw.add("closed", up, tw.dial(listener, lab.FarAddr4, lab.Options{}, func(near, _ *lab.Socket) error { return near.Close() }))
	tw.add("reset", up, tw.dial(listener, lab.FarAddr4, lab.Options{}, func(_, far *lab.Socket) error { return far.Abort() }))
	port := uint16(7310)
	tw.add("LISTEN", conn.StateListen, func() *lab.Socket {
		port++
		return tw.must(tw.near.Listen(netip.AddrPortFrom(netip.IPv6Unspecified(), port), lab.Options{}))
	})
	for _, name := range []string{"orphan", "other ends", "unknown namespace", "no such namespace"} {
		tw.add(name, up, tw.dial(listener, lab.FarAddr4, lab.Options{}, nil))
	}
	for i := range tw.connections {
		odd := tw.connections[i][len(tw.names)-4:]
		odd[0].Owners = nil
		odd[1].Remote = netip.AddrPortFrom(odd[1].Remote.Addr(), 1)
		odd[2].NetNS.Inode = 0
		odd[3].NetNS.Inode = 1
	}
	// Those that are closed, reset, or of no known namespace are not met.
	if met, want := keepalive.Met(t, tw.connections[0], len(tw.names)), len(tw.names)-5; met != want {
		t.Errorf("the eBPF program meets %d, want %d", met, want)
	}
	controllers := [2]*keepalive.Controller{keepalive.InBulk(controller(t)), controller(t)}
	for _, s := range []conn.Setting{
		general,
		{State: conn.KeepaliveOff, SetUserTimeout: true, UserTimeout: 90 * time.Second},
		{Params: conn.Params{Interval: 32767 * time.Second, Count: 127}, State: conn.KeepaliveOn},
	} {
		tw.compare(s.String(), func(i int) ([]conn.Result, error) {
			return controllers[i].Apply(t.Context(), tw.connections[i], s, nil)
		})
	}
	for range 2 {
		tw.compare("undo", func(i int) ([]conn.Result, error) { return controllers[i].Undo(t.Context(), "", nil) })
	}
	if _, err := controllers[0].Undo(t.Context(), "", nil); !errors.Is(err, keepalive.ErrNothingToUndo) {
		t.Errorf("%v, want ErrNothingToUndo", err)
	}
}

// What would drop a connection is refused under the lock as well.
func TestBulkRefusesWhatDrops(t *testing.T) {
	t.Parallel()
	l, _ := scene(t)
	tw := newTwins(t, l)
	listener := tw.must(tw.far.Listen(netip.AddrPortFrom(lab.FarAddr4, 7300), lab.Options{}))
	probing := lab.Options{Keepalive: lab.Keepalive{On: true, Idle: time.Second, Interval: time.Second, Count: 100}}
	tw.add("unanswered", conn.StateEstablished, tw.dial(listener, lab.FarAddr4, probing, nil))
	tw.add("data waits", conn.StateEstablished, tw.dial(listener, lab.FarAddr4, lab.Options{}, nil))
	if err := l.Lose(lab.NearToFar); err != nil {
		t.Fatal(err)
	}
	for i := range tw.sockets {
		if _, err := tw.sockets[i][1].Send(1); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(4 * time.Second) // three probes
	controllers := [2]*keepalive.Controller{keepalive.InBulk(controller(t)), controller(t)}
	for _, s := range []conn.Setting{
		{Params: conn.Params{Count: 2}},
		{SetUserTimeout: true, UserTimeout: time.Minute},
	} {
		tw.compare(s.String(), func(i int) ([]conn.Result, error) {
			return controllers[i].Apply(t.Context(), tw.connections[i], s, nil)
		})
	}
	if k := described(t, tw.sockets[0][0]); k.Count != 100 || k.UserTimeout != 0 {
		t.Errorf("a connection with unanswered probes was given %+v", k)
	}
	if k := described(t, tw.sockets[0][1]); k.UserTimeout != 0 {
		t.Errorf("a connection with waiting data was given %+v", k)
	}
}

// A command that is cancelled has done nothing that it does not tell.
func TestBulkCancelled(t *testing.T) {
	targets := startCrowd(t, 600)
	c := keepalive.InBulk(controller(t))
	ctx, cancel := context.WithCancel(t.Context())
	results, err := c.Apply(ctx, targets, general, func(done, _ int) {
		if done == 1 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want the context's error", err)
	}
	again, err := c.Apply(t.Context(), targets, general, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range results {
		set := results[i].Outcome == conn.OutcomeDone
		if was := again[i].Outcome == conn.OutcomeUnchanged; was != set {
			t.Fatalf("%v, and then %v", results[i], again[i])
		}
	}
	undone, err := c.Undo(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range undone {
		if r.Outcome != conn.OutcomeDone || r.After.State != conn.KeepaliveOff {
			t.Fatalf("undone: %v", r)
		}
	}
}

// A connection that is asked for twice is set once.
func TestBulkTwice(t *testing.T) {
	targets := startCrowd(t, 600)
	results, err := keepalive.InBulk(controller(t)).Apply(t.Context(), slices.Concat(targets, targets), general, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range targets {
		first, second := results[i], results[len(targets)+i]
		if first.Outcome != conn.OutcomeDone || second.Outcome != conn.OutcomeRefused {
			t.Fatalf("%v, and again: %v", first, second)
		}
	}
}
