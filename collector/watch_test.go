//go:build linux

package collector_test

import (
	"slices"
	"testing"
	"time"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// watch is a Collector in a namespace that is polled again and again, and all
// the events that it told.
type watch struct {
	*collector.Collector
	t         *testing.T
	namespace *lab.Namespace
	events    []conn.Event
}

func watching(t *testing.T, n *lab.Namespace) *watch {
	t.Helper()
	w := &watch{t: t, namespace: n}
	err := n.Do(func() (err error) {
		w.Collector, err = collector.New(collector.Options{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, w.Collector)
	return w
}

// poll reads everything.
func (w *watch) poll() *conn.Snapshot {
	w.t.Helper()
	var s *conn.Snapshot
	err := w.namespace.Do(func() (err error) {
		s, err = w.Poll(w.t.Context(), conn.Want{AllOptions: true})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if s.EventsDropped != 0 {
		w.t.Errorf("%d events dropped, want none", s.EventsDropped)
	}
	w.events = append(w.events, s.Events...)
	return s
}

// until polls until a condition is met.
func (w *watch) until(what string, met func(*conn.Snapshot) bool) {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if met(w.poll()) {
			return
		}
	}
	w.t.Fatalf("%s: not seen", what)
}

// ended polls until the end of a socket is told.
func (w *watch) ended(s *lab.Socket) {
	w.t.Helper()
	w.until("the end of "+s.Local.String(), func(*conn.Snapshot) bool {
		return slices.ContainsFunc(w.eventsOf(s), func(e conn.Event) bool { return e.Kind != conn.EventOpened })
	})
}

// ends are the events but for the openings.
func (w *watch) ends() []conn.Event {
	return slices.DeleteFunc(slices.Clone(w.events), func(e conn.Event) bool { return e.Kind == conn.EventOpened })
}

// eventsOf are those of a socket, by its cookie.
func (w *watch) eventsOf(s *lab.Socket) []conn.Event {
	var all []conn.Event
	for _, e := range w.events {
		if e.Connection.Cookie == s.Cookie {
			all = append(all, e)
		}
	}
	return all
}

// connectionOf is a socket in a snapshot, nil if it is not there.
func connectionOf(s *conn.Snapshot, k *lab.Socket) *conn.Connection {
	for i := range s.Connections {
		if s.Connections[i].Cookie == k.Cookie {
			return &s.Connections[i]
		}
	}
	return nil
}

func newLab(t *testing.T) *lab.Lab {
	t.Helper()
	needLab(t)
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, l)
	return l
}

func startActor(t *testing.T, n *lab.Namespace, name string) *lab.Actor {
	t.Helper()
	a, err := n.StartActor(lab.ActorOptions{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return a
}
