package cli

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// forecastError is by how much katop may be wrong about a moment.
const forecastError = 500 * time.Millisecond

// sighting is what one poll showed of a connection.
type sighting struct {
	at               time.Time
	unanswered       int
	left             int // -1 when there is none
	next, dies       time.Duration
	hasNext, hasDies bool
	timer            conn.TimerKind
	verdict          conn.Verdict
}

// watch polls inside a namespace until every connection is gone, and notes what
// it saw of each by its cookie.
func watch(ctx context.Context, ns *lab.Namespace, cookies []uint64, limit time.Duration) (map[uint64][]sighting, error) {
	seen := map[uint64][]sighting{}
	th := conn.DefaultThresholds()
	err := ns.Do(func() error {
		c, err := collector.New(collector.Options{})
		if err != nil {
			return err
		}
		defer c.Close()
		for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(40 * time.Millisecond) {
			s, err := c.Poll(ctx, conn.Want{AllOptions: true})
			if err != nil {
				return err
			}
			alive := 0
			for i := range s.Connections {
				if c := &s.Connections[i]; slices.Contains(cookies, c.Cookie) {
					alive++
					seen[c.Cookie] = append(seen[c.Cookie], see(c, s.At, &th))
				}
			}
			if alive == 0 {
				return nil
			}
		}
		return errors.New("a connection outlived its time")
	})
	return seen, err
}

func see(c *conn.Connection, at time.Time, th *conn.Thresholds) sighting {
	s := sighting{at: at, left: -1, timer: c.Timer.Kind, verdict: conn.Judge(c, th).Verdict}
	s.unanswered, _ = c.Unanswered()
	if left, ok := c.Left(); ok {
		s.left = left
	}
	s.next, s.hasNext = c.NextProbe()
	s.dies, s.hasDies = c.DiesIn()
	return s
}

// TestDeathIsForetold loses the packets of connections silently and holds every
// forecast against the moment at which the kernel really killed them, as their
// owner saw it.
func TestDeathIsForetold(t *testing.T) {
	t.Parallel()
	needsLab(t)
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	near, err := l.Near.StartActor(lab.ActorOptions{Name: "near"})
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Far().StartActor(lab.ActorOptions{Name: "far"})
	if err != nil {
		t.Fatal(err)
	}
	addr := netip.AddrPortFrom(lab.FarAddr4, 7000)
	listener, err := far.Listen(addr, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	on := func(idle, interval, count int, timeout time.Duration) lab.Keepalive {
		return lab.Keepalive{On: true, Idle: time.Duration(idle) * time.Second, Interval: time.Duration(interval) * time.Second, Count: count, UserTimeout: timeout}
	}
	cases := []struct {
		name    string
		k       lab.Keepalive
		traffic bool   // after the timer was set
		data    bool   // unacknowledged when the packets get lost
		steps   string // unanswered/left as they follow one another
	}{
		{name: "keepalive alone", k: on(2, 1, 3, 0), steps: "0/3 1/2 2/1 3/0"},
		{name: "user timeout", k: on(2, 2, 9, 4500*time.Millisecond), steps: "0/-1 1/-1 2/-1"},
		{name: "user timeout under idle", k: on(3, 1, 9, time.Second), steps: "0/-1 1/-1"},
		{name: "traffic since the timer was set", k: on(3, 1, 2, 0), traffic: true, steps: "0/2 1/1 2/0"},
		{name: "data in flight under a user timeout", k: on(60, 10, 3, 3*time.Second), data: true},
	}
	sockets := make([]*lab.Socket, len(cases))
	peers := make([]*lab.Socket, len(cases))
	for i, c := range cases {
		if sockets[i], err = near.Dial(addr, lab.Options{Keepalive: c.k}); err != nil {
			t.Fatal(err)
		}
		if peers[i], err = listener.Accept(lab.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(1200 * time.Millisecond)
	for i, c := range cases {
		if c.traffic {
			exchange(t, sockets[i], peers[i])
		}
	}
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	var cookies []uint64
	deaths := make([]chan lab.Death, len(cases))
	for i, c := range cases {
		cookies = append(cookies, sockets[i].Cookie)
		if c.data {
			if _, err := sockets[i].Send(1000); err != nil {
				t.Fatal(err)
			}
		}
		deaths[i] = make(chan lab.Death, 1)
		go func() {
			d, err := sockets[i].AwaitError(20 * time.Second)
			if err != nil {
				t.Error(err)
			}
			deaths[i] <- d
		}()
	}
	seen, err := watch(t.Context(), l.Near, cookies, 25*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			death := <-deaths[i]
			if death.Errno != syscall.ETIMEDOUT {
				t.Errorf("died of %v, want ETIMEDOUT", death.Errno)
			}
			checkForecasts(t, seen[cookies[i]], death.At, c.data)
			if got := steps(seen[cookies[i]]); c.steps != "" && got != c.steps {
				t.Errorf("unanswered/left went %s, want %s", got, c.steps)
			}
		})
	}
}

func exchange(t *testing.T, a, b *lab.Socket) {
	t.Helper()
	for _, way := range [][2]*lab.Socket{{a, b}, {b, a}} {
		if _, err := way[0].Send(100); err != nil {
			t.Fatal(err)
		}
		if _, err := way[1].Receive(100); err != nil {
			t.Fatal(err)
		}
	}
}

// checkForecasts holds "dies in" and "next probe" of every sighting against
// what came.
func checkForecasts(t *testing.T, seen []sighting, death time.Time, data bool) {
	t.Helper()
	forecasts := 0
	for _, s := range seen {
		if !s.hasDies {
			if s.unanswered > 0 {
				t.Errorf("%d probes unanswered, and no forecast", s.unanswered)
			}
			continue
		}
		forecasts++
		if off := s.at.Add(s.dies).Sub(death); off.Abs() > forecastError {
			t.Errorf("%v before the death it was said to come %v later than it did", death.Sub(s.at), off)
		}
	}
	if forecasts < 10 {
		t.Errorf("only %d of %d sightings had a forecast", forecasts, len(seen))
	}
	if data {
		return
	}
	first := slices.IndexFunc(seen, func(s sighting) bool { return s.unanswered > 0 })
	if first < 2 {
		t.Fatal("the first probe was not seen coming")
	}
	for _, s := range seen[:first] {
		if !s.hasNext {
			t.Errorf("no next probe while none is unanswered")
			continue
		}
		if off := s.at.Add(s.next).Sub(seen[first].at); off.Abs() > forecastError {
			t.Errorf("the first probe was said to come %v later than it did", off)
		}
	}
	const answered = 300 * time.Millisecond // more than an answer may take
	for _, s := range seen[first:] {
		if out := s.at.Sub(seen[first].at); out > answered && s.verdict != conn.VerdictProbing {
			t.Errorf("with a probe unanswered for %v at least the verdict is %v", out, s.verdict)
		}
	}
}

// steps is how unanswered/left changed.
func steps(seen []sighting) string {
	var parts []string
	for _, s := range seen {
		parts = append(parts, fmt.Sprintf("%d/%d", s.unanswered, s.left))
	}
	out := ""
	for i, p := range slices.Compact(parts) {
		if i > 0 {
			out += " "
		}
		out += p
	}
	return out
}
