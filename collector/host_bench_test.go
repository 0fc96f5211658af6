//go:build linux

package collector_test

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

var crowdSize = flag.Int("sockets", 10_000, "how many sockets BenchmarkHost polls")

// perActor is how many sockets a process holds: below the 20,000 descriptors
// that it is often limited to.
const perActor = 10_000

// crowd is a namespace with sockets in the processes that it returns, each of
// which listens and holds both ends of its connections.
func crowd(b *testing.B, sockets int) (*lab.Namespace, []*lab.Actor) {
	b.Helper()
	if err := lab.Supported(); err != nil {
		b.Skip(err)
	}
	n, err := lab.Solo()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = n.Close() })
	var actors []*lab.Actor
	for left := sockets; left > 0; left -= perActor {
		actor, err := n.StartActor(lab.ActorOptions{Name: "crowd"})
		if err != nil {
			b.Fatal(err)
		}
		listener, err := actor.Listen(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(8000+len(actors))), lab.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for opened := 0; opened < min(left, perActor)/2; opened += 100 {
			if _, err := actor.DialMany(listener.Local, 100, lab.Options{}); err != nil {
				b.Fatal(err)
			}
			if _, err := listener.AcceptMany(100, lab.Options{}); err != nil {
				b.Fatal(err)
			}
		}
		actors = append(actors, actor)
	}
	return n, actors
}

// BenchmarkHost polls real sockets: for the first time, with a walk over every
// descriptor and every option, and then again, when everything is known.
func BenchmarkHost(b *testing.B) {
	for _, sockets := range []int{1000, *crowdSize} {
		n, actors := crowd(b, sockets)
		poll := func(c *collector.Collector, want conn.Want) error {
			s, err := c.Poll(b.Context(), want)
			if err == nil && len(s.Connections) != sockets+len(actors) {
				return fmt.Errorf("%d connections, want %d", len(s.Connections), sockets+len(actors))
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
		run("ReadDir", func() error {
			for _, actor := range actors {
				if err := readDescriptors(actor.PID()); err != nil {
					return err
				}
			}
			return nil
		})
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
