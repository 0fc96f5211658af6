//go:build linux

package collector_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// crowd is a namespace with one process that holds both ends of pairs
// connections.
func crowd(b *testing.B, pairs int) (*lab.Namespace, *lab.Actor) {
	b.Helper()
	if err := lab.Supported(); err != nil {
		b.Skip(err)
	}
	n, err := lab.Solo()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = n.Close() })
	actor, err := n.StartActor(lab.ActorOptions{Name: "crowd"})
	if err != nil {
		b.Fatal(err)
	}
	listener, err := actor.Listen(netip.MustParseAddrPort("127.0.0.1:8080"), lab.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for opened := 0; opened < pairs; opened += 100 {
		if _, err := actor.DialMany(listener.Local, 100, lab.Options{}); err != nil {
			b.Fatal(err)
		}
		if _, err := listener.AcceptMany(100, lab.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	return n, actor
}

// BenchmarkHost polls real sockets: for the first time, with a walk over every
// descriptor and every option, and then again, when everything is known.
func BenchmarkHost(b *testing.B) {
	for _, sockets := range []int{1000, 10000} {
		n, actor := crowd(b, sockets/2)
		poll := func(c *collector.Collector, want conn.Want) error {
			s, err := c.Poll(b.Context(), want)
			if err == nil && len(s.Connections) != sockets+1 {
				return fmt.Errorf("%d connections, want %d", len(s.Connections), sockets+1)
			}
			return err
		}
		run := func(name string, f func() error) {
			b.Run(fmt.Sprintf("%s/%d", name, sockets), func(b *testing.B) {
				b.ReportAllocs()
				err := n.Do(func() error {
					for b.Loop() {
						if err := f(); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			})
		}
		run("first", func() error {
			c, err := collector.New(collector.Options{})
			if err != nil {
				return err
			}
			return errors.Join(poll(c, conn.Want{AllOptions: true}), c.Close())
		})
		var known *collector.Collector
		err := n.Do(func() (err error) {
			if known, err = collector.New(collector.Options{}); err != nil {
				return err
			}
			return poll(known, conn.Want{AllOptions: true})
		})
		if err != nil {
			b.Fatal(err)
		}
		run("again", func() error { return poll(known, conn.Want{}) })
		run("ReadDir", func() error { return readDescriptors(actor.PID()) })
		if err := known.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// readDescriptors reads every descriptor as the standard library does it, for
// comparison.
func readDescriptors(pid int) error {
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, err := os.Readlink(filepath.Join(folder, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
