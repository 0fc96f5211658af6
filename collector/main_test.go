//go:build linux

package collector_test

import (
	"errors"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

func TestMain(m *testing.M) {
	lab.Main()
	if os.Getenv(unprivilegedVariable) != "" {
		os.Exit(pollUnprivileged())
	}
	if text := os.Getenv(sceneVariable); text != "" {
		os.Exit(playPart(text))
	}
	if text := os.Getenv(porterVariable); text != "" {
		os.Exit(carry(text))
	}
	if free := os.Getenv(starvedVariable); free != "" {
		os.Exit(pollStarved(free))
	}
	os.Exit(m.Run())
}

func needLab(t *testing.T) {
	t.Helper()
	if err := lab.Supported(); err != nil {
		t.Skip(err)
	}
}

func closing(t *testing.T, what interface{ Close() error }) {
	t.Helper()
	t.Cleanup(func() {
		if err := what.Close(); err != nil {
			t.Error(err)
		}
	})
}

// poll polls inside a namespace.
func poll(t *testing.T, n *lab.Namespace, want conn.Want) *conn.Snapshot {
	t.Helper()
	var s *conn.Snapshot
	err := n.Do(func() error {
		c, err := collector.New(collector.Options{})
		if err != nil {
			return err
		}
		s, err = c.Poll(t.Context(), want)
		return errors.Join(err, c.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// solo is a namespace with one actor that listens and has connected to itself.
func solo(t *testing.T) (n *lab.Namespace, listener, dialed *lab.Socket) {
	t.Helper()
	needLab(t)
	n, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, n)
	actor, err := n.StartActor(lab.ActorOptions{Name: "web\x1b[31m"})
	if err != nil {
		t.Fatal(err)
	}
	keepalive := lab.Keepalive{On: true, Idle: 300 * time.Second, Interval: 30 * time.Second, Count: 3, UserTimeout: 90 * time.Second}
	if listener, err = actor.Listen(netip.MustParseAddrPort("127.0.0.1:8080"), lab.Options{}); err != nil {
		t.Fatal(err)
	}
	if dialed, err = actor.Dial(listener.Local, lab.Options{Keepalive: keepalive}); err != nil {
		t.Fatal(err)
	}
	return n, listener, dialed
}
