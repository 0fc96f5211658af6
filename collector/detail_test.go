//go:build linux

package collector_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
)

func TestDetail(t *testing.T) {
	n, _, dialed := solo(t)
	err := n.Do(func() error {
		c, err := collector.New(collector.Options{})
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		if _, err := c.Poll(t.Context(), conn.Want{}); err != nil {
			return err
		}
		id := conn.ID{NetNS: n.Inode(), Cookie: dialed.Cookie}
		d, err := c.Detail(t.Context(), id)
		if err != nil {
			return err
		}
		want := conn.Keepalive{
			State: conn.KeepaliveOn, Source: conn.SourceRead, UserTimeout: 90 * time.Second,
			Params: conn.Params{Idle: 300 * time.Second, Interval: 30 * time.Second, Count: 3},
		}
		if diff := cmp.Diff(want, d.Connection.Keepalive); diff != "" {
			t.Errorf("keepalive (-want +got)\n%s", diff)
		}
		owner := []conn.Owner{{PID: int32(dialed.PID), FD: int32(dialed.FD), Name: "web\x1b[31m"}}
		if diff := cmp.Diff(owner, d.Connection.Owners); diff != "" {
			t.Errorf("owners (-want +got)\n%s", diff)
		}
		if d.Connection.ID() != id || d.Congestion == "" || d.SendMSS == 0 || d.SendCwnd == 0 || !d.Memory.Known || d.Memory.RecvBuffer == 0 {
			t.Errorf("detail %+v, want it complete", d)
		}
		if err := dialed.Abort(); err != nil {
			return err
		}
		if _, err := c.Detail(t.Context(), id); !errors.Is(err, collector.ErrGone) {
			t.Errorf("detail of an aborted connection: %v, want ErrGone", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Pages are asked for while polls go on.
func TestBesidePoll(t *testing.T) {
	n, _, dialed := solo(t)
	err := n.Do(func() error {
		c, err := collector.New(collector.Options{})
		if err != nil {
			return err
		}
		if _, err := c.Poll(t.Context(), conn.Want{}); err != nil {
			return err
		}
		if _, err := c.Detail(t.Context(), conn.ID{NetNS: n.Inode(), Cookie: dialed.Cookie}); err != nil {
			return err
		}
		pages := make(chan error)
		go func() {
			var failed error
			for range 50 {
				_, err := c.Detail(t.Context(), conn.ID{NetNS: n.Inode(), Cookie: dialed.Cookie})
				_, other := c.Process(t.Context(), int32(dialed.PID))
				failed = errors.Join(failed, err, other)
			}
			pages <- failed
		}()
		for range 50 {
			if _, err := c.Poll(t.Context(), conn.Want{AllOptions: true}); err != nil {
				t.Error(err)
			}
		}
		return errors.Join(<-pages, c.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
}
