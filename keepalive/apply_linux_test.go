package keepalive_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/lab"
)

var general = conn.Profiles()[0].Setting()

// What Apply says, the owner's own getsockopt says as well, and what it sets
// runs in the kernel.
func TestApply(t *testing.T) {
	old := lab.Keepalive{Idle: 7200 * time.Second, Interval: 75 * time.Second, Count: 9}
	on := lab.Keepalive{On: true, Idle: 300 * time.Second, Interval: 30 * time.Second, Count: 3}
	guarded := lab.Keepalive{On: true, Idle: 60 * time.Second, Interval: 10 * time.Second, Count: 5, UserTimeout: 90 * time.Second}
	tests := []struct {
		name    string
		before  lab.Keepalive
		setting conn.Setting
		outcome conn.Outcome
		want    lab.Keepalive
	}{
		{"on", old, general, conn.OutcomeDone, on},
		{"on with what it has", old, conn.Setting{State: conn.KeepaliveOn}, conn.OutcomeDone, lab.Keepalive{On: true, Idle: old.Idle, Interval: old.Interval, Count: old.Count}},
		{"on already", on, general, conn.OutcomeUnchanged, on},
		{"off", on, conn.Setting{State: conn.KeepaliveOff}, conn.OutcomeDone, lab.Keepalive{Idle: on.Idle, Interval: on.Interval, Count: on.Count}},
		{"one part", guarded, conn.Setting{Params: conn.Params{Interval: 7 * time.Second}}, conn.OutcomeDone, lab.Keepalive{On: true, Idle: guarded.Idle, Interval: 7 * time.Second, Count: 5, UserTimeout: guarded.UserTimeout}},
		{"parameters while off", old, conn.Setting{Params: conn.Params{Idle: 9 * time.Second, Count: 127}}, conn.OutcomeDone, lab.Keepalive{Idle: 9 * time.Second, Interval: old.Interval, Count: 127}},
		{"user timeout", on, conn.Setting{SetUserTimeout: true, UserTimeout: 1500 * time.Millisecond}, conn.OutcomeDone, lab.Keepalive{On: true, Idle: on.Idle, Interval: on.Interval, Count: on.Count, UserTimeout: 1500 * time.Millisecond}},
		{"no user timeout", guarded, conn.Setting{SetUserTimeout: true}, conn.OutcomeDone, lab.Keepalive{On: true, Idle: guarded.Idle, Interval: guarded.Interval, Count: guarded.Count}},
	}
	options := make([]lab.Options, len(tests))
	for i, tt := range tests {
		options[i].Keepalive = tt.before
	}
	l, pairs := scene(t, options...)
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			near := pairs[i].near
			results, err := controller(t).Apply(t.Context(), []conn.Connection{connection(near)}, tt.setting, nil)
			if err != nil {
				t.Fatal(err)
			}
			r := results[0]
			if r.Outcome != tt.outcome || r.Reason != "" || r.Connection.Cookie != near.Cookie {
				t.Errorf("%v %q of %d, want %v of %d", r.Outcome, r.Reason, r.Connection.Cookie, tt.outcome, near.Cookie)
			}
			if diff := cmp.Diff(tt.before, told(r.Before)); diff != "" {
				t.Errorf("before (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, told(r.After)); diff != "" {
				t.Errorf("after (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, described(t, near)); diff != "" {
				t.Errorf("the owner (-want +got)\n%s", diff)
			}
			timerRuns(t, l.Near, near, tt.want)
		})
	}
}

// told turns settings into what an owner tells of them.
func told(k conn.Keepalive) lab.Keepalive {
	return lab.Keepalive{
		On: k.State == conn.KeepaliveOn, Idle: k.Params.Idle, Interval: k.Params.Interval, Count: k.Params.Count,
		UserTimeout: k.UserTimeout,
	}
}

// timerRuns compares with the kernel's timer, which the settings came from a
// moment ago.
func timerRuns(t *testing.T, n *lab.Namespace, s *lab.Socket, want lab.Keepalive) {
	t.Helper()
	var found inetdiag.Socket
	err := n.Do(func() error {
		c, err := inetdiag.Dial(nil)
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		id := inetdiag.SocketID{Local: s.Local, Remote: s.Remote, Cookie: s.Cookie}
		found, err = c.Lookup(t.Context(), inetdiag.FamilyIPv4, id, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	running := found.Timer == inetdiag.TimerKeepalive
	if running != want.On || running && (found.Expires > want.Idle || found.Expires < want.Idle-10*time.Second) {
		t.Errorf("timer %d fires in %v, want keepalive %v with idle %v", found.Timer, found.Expires, want.On, want.Idle)
	}
}

// Turning keepalive on counts the silence that has been already.
func TestApplyCountsTheSilence(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	sleepPast()
	s := conn.Setting{State: conn.KeepaliveOn, Params: conn.Params{Idle: time.Second, Interval: 30 * time.Second, Count: 3}}
	if _, err := controller(t).Apply(t.Context(), []conn.Connection{ofSelf(t, dialed[0])}, s, nil); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(800 * time.Millisecond); ; time.Sleep(time.Millisecond) {
		info, err := unix.GetsockoptTCPInfo(dialed[0], unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			t.Fatal(err)
		}
		if info.Last_ack_recv < 1000 {
			return // the peer has answered the probe that went out at once
		}
		if time.Now().After(end) {
			t.Fatalf("no probe went out in 0.8 s, last answer %d ms ago", info.Last_ack_recv)
		}
	}
}

func TestApplyLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	dialed, accepted := loopback(t, 1)
	one := ofSelf(t, dialed[0])
	elsewhere := func(change func(*conn.Connection)) conn.Connection {
		other := one
		change(&other)
		return other
	}
	tests := map[string]struct {
		target conn.Connection
		want   conn.Outcome
		reason string
	}{
		"another cookie":   {elsewhere(func(c *conn.Connection) { c.Cookie++ }), conn.OutcomeGone, "closed"},
		"another port":     {elsewhere(func(c *conn.Connection) { c.Local = c.Remote }), conn.OutcomeGone, "closed"},
		"another peer":     {elsewhere(func(c *conn.Connection) { c.Remote = c.Local }), conn.OutcomeGone, "closed"},
		"closed number":    {elsewhere(func(c *conn.Connection) { c.Owners = []conn.Owner{{PID: c.Owners[0].PID, FD: 1 << 20}} }), conn.OutcomeGone, "closed"},
		"nobody's":         {elsewhere(func(c *conn.Connection) { c.Owners = nil }), conn.OutcomeRefused, "no process is known"},
		"the other socket": {elsewhere(func(c *conn.Connection) { c.Owners = ofSelf(t, accepted[0]).Owners }), conn.OutcomeGone, "closed"},
	}
	before := settingsOf(t, dialed[0])
	for name, tt := range tests {
		results, err := controller(t).Apply(t.Context(), []conn.Connection{tt.target}, general, nil)
		if err != nil || results[0].Outcome != tt.want || !strings.Contains(results[0].Reason, tt.reason) {
			t.Errorf("%s: %v %q, %v; want %v with %q", name, results[0].Outcome, results[0].Reason, err, tt.want, tt.reason)
		}
	}
	for _, fd := range []int{dialed[0], accepted[0]} {
		if diff := cmp.Diff(before, settingsOf(t, fd)); diff != "" {
			t.Errorf("(-before +after)\n%s", diff)
		}
	}
}

// Of several owners any one that works will do.
func TestApplyThroughTheOwnerThatWorks(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	c := ofSelf(t, dialed[0])
	c.Owners = []conn.Owner{{PID: c.Owners[0].PID, FD: 1 << 20}, {PID: 0, FD: 1}, c.Owners[0]}
	results, err := controller(t).Apply(t.Context(), []conn.Connection{c}, general, nil)
	if err != nil || results[0].Outcome != conn.OutcomeDone || !settingsOf(t, dialed[0]).On {
		t.Errorf("%v, %v; want done", results, err)
	}
}

// Without a journal nothing is changed.
func TestApplyNeedsTheJournal(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := keepalive.New(keepalive.Options{Journal: filepath.Join(file, "journal.jsonl")})
	_, err := c.Apply(t.Context(), []conn.Connection{ofSelf(t, dialed[0])}, general, nil)
	if err == nil || !strings.Contains(err.Error(), "journal") {
		t.Errorf("%v, want an error that names the journal", err)
	}
	if settingsOf(t, dialed[0]).On {
		t.Error("keepalive is on although the journal could not be written")
	}
}

func TestApplyRefusesNonsense(t *testing.T) {
	t.Parallel()
	for _, s := range []conn.Setting{{}, {Params: conn.Params{Count: 128}}} {
		if _, err := controller(t).Apply(t.Context(), nil, s, nil); err == nil {
			t.Errorf("%+v was taken", s)
		}
	}
}

// What was done when the context ends stays done and is told; the rest is told
// too, and was not touched.
func TestApplyIsCutShort(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 300)
	targets := make([]conn.Connection, len(dialed))
	for i, fd := range dialed {
		targets[i] = ofSelf(t, fd)
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	results, err := controller(t).Apply(ctx, targets, general, func(done, total int) {
		calls++
		if done != calls || total != len(targets) {
			t.Errorf("progress %d of %d at call %d", done, total, calls)
		}
		if done == 20 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(results) != len(targets) {
		t.Fatalf("%d results, %v", len(results), err)
	}
	count := make(map[conn.Outcome]int)
	for i, r := range results {
		count[r.Outcome]++
		if on := settingsOf(t, dialed[i]).On; on != (r.Outcome == conn.OutcomeDone) {
			t.Errorf("connection %d is said to be %v and has keepalive on: %v", i, r.Outcome, on)
		}
	}
	if count[conn.OutcomeDone] < 20 || count[conn.OutcomeNotReached] < 44 || count[conn.OutcomeDone]+count[conn.OutcomeNotReached] != len(targets) {
		t.Errorf("outcomes %v, want at least 20 done and the rest not reached", count)
	}
}

func BenchmarkApply(b *testing.B) {
	const sockets = 1000
	dialed, _ := loopback(b, sockets)
	targets := make([]conn.Connection, sockets)
	for i, fd := range dialed {
		targets[i] = ofSelf(b, fd)
	}
	c := controller(b)
	for n := 0; b.Loop(); n++ {
		s := conn.Setting{State: conn.KeepaliveOn, Params: conn.Params{Idle: time.Duration(300+n%2) * time.Second}}
		results, err := c.Apply(b.Context(), targets, s, nil)
		if err != nil || results[sockets-1].Outcome != conn.OutcomeDone {
			b.Fatal(results[sockets-1], err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/sockets, "ns/socket")
}
