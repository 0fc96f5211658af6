package keepalive_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// A check neither hastens nor delays the death of a silent connection that has
// keepalive on, even if it falls into the time of its own probes.
func TestProbeDoesNotMoveDeath(t *testing.T) {
	k := lab.Keepalive{On: true, Idle: 5 * time.Second, Interval: time.Second, Count: 3}
	l, pairs := scene(t, lab.Options{Keepalive: k}, lab.Options{Keepalive: k}, lab.Options{Keepalive: k})
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	deaths := make([]chan lab.Death, len(pairs))
	for i, p := range pairs {
		deaths[i] = make(chan lab.Death, 1)
		go func() {
			death, err := p.near.AwaitError(30 * time.Second)
			if err != nil {
				t.Error(err)
			}
			deaths[i] <- death
		}()
	}
	sleepPast()
	check(t, t.Context(), pairs[:2], 0)                     // before its own probes
	check(t, t.Context(), pairs[:1], 1500*time.Millisecond) // among them
	unchecked := <-deaths[2]
	for i := range 2 {
		checked := <-deaths[i]
		moved := checked.Monotonic - unchecked.Monotonic
		if checked.Errno != syscall.ETIMEDOUT || moved.Abs() > 500*time.Millisecond {
			t.Errorf("%d died of %v, %v after the one that was not checked; want ETIMEDOUT at the same time", i, checked.Errno, moved)
		}
	}
}

// After a silent check the kernel has its probes counted: keepalive that is
// turned on then must not drop the connection without asking again.
func TestApplyAfterSilentCheck(t *testing.T) {
	l, pairs := scene(t, lab.Options{})
	sleepPast()
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	if r := check(t, t.Context(), pairs, 0)[0]; r.Outcome != conn.OutcomeSilent {
		t.Fatalf("%v, want silent", r.Outcome)
	}
	c, one := controller(t), []conn.Connection{connection(pairs[0].near)}
	for _, s := range []conn.Setting{
		general, {State: conn.KeepaliveOn, Params: conn.Params{Count: 9}, SetUserTimeout: true, UserTimeout: time.Minute},
	} {
		results, err := c.Apply(t.Context(), one, s, nil)
		if err != nil || results[0].Outcome != conn.OutcomeRefused || !strings.Contains(results[0].Reason, "3 probes are unanswered") {
			t.Errorf("%v: %v %q, %v; want refused", s, results[0].Outcome, results[0].Reason, err)
		}
	}
	mobile := conn.Profiles()[1].Setting()
	if results, err := c.Apply(t.Context(), one, mobile, nil); err != nil || results[0].Outcome != conn.OutcomeDone {
		t.Errorf("%v: %v, %v; want done", mobile, results, err)
	}
}

// Beside keepalive that is on, a check goes by another way, which the kernel
// pays for with SO_REUSEADDR: it has to be there again.
func TestProbeLeavesReuseAddr(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: CAP_NET_ADMIN")
	}
	t.Parallel()
	dialed, _ := loopback(t, 2)
	var targets []conn.Connection
	for i, fd := range dialed {
		set(t, fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
		set(t, fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, i)
		targets = append(targets, ofSelf(t, fd))
	}
	results, err := controller(t).Probe(t.Context(), targets, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, fd := range dialed {
		reuse, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR)
		if err != nil || reuse != i || results[i].Outcome != conn.OutcomeAlive {
			t.Errorf("%v, SO_REUSEADDR %d, %v; want alive and %d", results[i].Outcome, reuse, err, i)
		}
	}
}

// The peer may speak by itself while it is not asked yet.
func TestProbeHearsThePeer(t *testing.T) {
	t.Parallel()
	dialed, accepted := loopback(t, 1)
	time.AfterFunc(100*time.Millisecond, func() { _, _ = unix.Write(accepted[0], []byte("x")) })
	began := time.Now()
	results, err := controller(t).Probe(t.Context(), []conn.Connection{ofSelf(t, dialed[0])}, 0, nil)
	if err != nil || results[0].Outcome != conn.OutcomeAlive || results[0].Answered != 0 || !strings.Contains(results[0].Reason, "spoke") {
		t.Errorf("%+v, %v after %v; want alive because the peer spoke", results[0], err, time.Since(began))
	}
}

// Nothing is left open by a check, whatever came of it.
func TestProbeLeavesNothingOpen(t *testing.T) {
	dialed, _ := loopback(t, 3)
	targets := []conn.Connection{ofSelf(t, dialed[0]), ofSelf(t, dialed[1]), ofSelf(t, dialed[2])}
	targets[1].Cookie++
	targets[2].Remote = targets[2].Local
	c := controller(t)
	before := openDescriptors(t)
	if _, err := c.Probe(t.Context(), targets, 0, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Apply(t.Context(), targets, general, nil); err != nil {
		t.Fatal(err)
	}
	if after := openDescriptors(t); after != before {
		t.Errorf("%d descriptors open, %d before", after, before)
	}
}

func BenchmarkProbe(b *testing.B) {
	const sockets = 1000
	dialed, _ := loopback(b, sockets)
	targets := make([]conn.Connection, sockets)
	for i, fd := range dialed {
		targets[i] = ofSelf(b, fd)
	}
	c := controller(b)
	for b.Loop() {
		b.StopTimer()
		sleepPast()
		b.StartTimer()
		results, err := c.Probe(b.Context(), targets, 0, nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range results {
			if r.Outcome != conn.OutcomeAlive {
				b.Fatal(r)
			}
		}
	}
}

// The owner closes its descriptor during the check, and another still holds the
// socket: the options are put back there.
func TestProbeFollowsTheSocket(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	before := settingsOf(t, dialed[0])
	target := ofSelf(t, dialed[0])
	kept, err := unix.FcntlInt(uintptr(dialed[0]), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, kept)
	closed := make(chan lab.Keepalive, 1)
	time.AfterFunc(300*time.Millisecond, func() {
		closed <- settingsOf(t, kept)
		_ = unix.Close(dialed[0])
	})
	results, err := controller(t).Probe(t.Context(), []conn.Connection{target}, 0, nil)
	if err != nil || results[0].Outcome != conn.OutcomeGone {
		t.Errorf("%v, %v; want gone from its descriptor", results[0], err)
	}
	if during := <-closed; !during.On {
		t.Fatal("the check had not begun when the descriptor was closed")
	}
	if diff := cmp.Diff(before, settingsOf(t, kept)); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
}

// A thousand idle connections, all of them silent, which takes the longest.
func TestProbeThousand(t *testing.T) {
	l, pairs := scene(t, lab.Options{})
	many, err := l.Near.StartActor(lab.ActorOptions{Name: "many"})
	if err != nil {
		t.Fatal(err)
	}
	sockets, err := many.DialMany(pairs[0].near.Remote, 1000, lab.Options{Keepalive: lab.Keepalive{Idle: time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	sleepPast()
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	targets := make([]conn.Connection, len(sockets))
	for i := range sockets {
		targets[i] = connection(&sockets[i])
	}
	began := time.Now()
	results, err := controller(t).Probe(t.Context(), targets, 0, nil)
	took := time.Since(began)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Outcome != conn.OutcomeSilent || r.Unanswered != 3 {
			t.Fatalf("%d: %v, %d unanswered %q; want silent, 3", i, r.Outcome, r.Unanswered, r.Reason)
		}
	}
	for i := range sockets {
		if diff := cmp.Diff(sockets[i].Keepalive, described(t, &sockets[i])); diff != "" {
			t.Fatalf("options of %d (-before +after)\n%s", i, diff)
		}
	}
	t.Logf("%d connections checked in %v", len(results), took)
	if took > 5*time.Second {
		t.Errorf("%v for %d connections, want at most 5 s", took, len(results))
	}
}
