package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/lab"
)

const (
	// holderPairs is how many connections a process opens, both ends of each:
	// half of the 20,000 descriptors that a process is often limited to.
	holderPairs = 5_000
	// batchPairs are opened before they are accepted: below net.core.somaxconn.
	batchPairs = 1_000
	// firstPort is the one that the first process listens on.
	firstPort = 8000
	// holderName is what the processes call themselves.
	holderName = "holder"
)

// load is connections whose both ends are in one network namespace.
type load struct {
	namespace *lab.Namespace
	holders   []*holder
	pairs     int
}

// holder is a process of a load, with its listener.
type holder struct {
	actor    *lab.Actor
	listener *lab.Socket
	options  lab.Options
	pairs    int
}

func newLoad() (*load, error) {
	if err := lab.Supported(); err != nil {
		return nil, err
	}
	ns, err := lab.Solo()
	if err != nil {
		return nil, err
	}
	if err := ns.Prepare(hideState); err != nil {
		return nil, errors.Join(err, ns.Close())
	}
	return &load{namespace: ns}, nil
}

// stateFolder is where root's journal is: what is done here must not be in the
// one of this host, nor be slowed down by it.
const stateFolder = "/var/lib"

// hideState gives the thread that starts the programs, and so these, a mount
// namespace in which stateFolder is empty. It goes with the thread.
func hideState() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("a mount namespace for the journal: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("a mount namespace for the journal: %w", err)
	}
	if err := unix.Mount("katop-bench", stateFolder, "tmpfs", 0, ""); err != nil {
		return fmt.Errorf("a file system for the journal: %w", err)
	}
	return nil
}

// forget removes the journal of what was done so far: the one that only the
// programs of the load see.
func (l *load) forget() error {
	return l.namespace.Prepare(func() error {
		var at unix.Statfs_t
		if err := unix.Statfs(stateFolder, &at); err != nil {
			return fmt.Errorf("look at %s: %w", stateFolder, err)
		}
		if at.Type != unix.TMPFS_MAGIC {
			return fmt.Errorf("%s is not the one that was made for the programs: its journal stays", stateFolder)
		}
		return os.RemoveAll(filepath.Join(stateFolder, "katop"))
	})
}

// close ends the processes and their connections.
func (l *load) close() error { return l.namespace.Close() }

// sockets is how many there are, listeners included.
func (l *load) sockets() int { return 2*l.pairs + len(l.holders) }

// grow opens connections until there are as many sockets, listeners aside.
func (l *load) grow(ctx context.Context, sockets int) error {
	for l.pairs < sockets/2 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(l.holders) == 0 || l.holders[len(l.holders)-1].pairs == holderPairs {
			if err := l.addHolder(); err != nil {
				return fmt.Errorf("process %d of the load: %w", len(l.holders)+1, err)
			}
		}
		h := l.holders[len(l.holders)-1]
		n := min(batchPairs, holderPairs-h.pairs, sockets/2-l.pairs)
		if err := h.open(n); err != nil {
			return fmt.Errorf("opening connections beyond %d: %w", l.pairs, err)
		}
		l.pairs += n
	}
	return nil
}

// addHolder starts a process with a listener of its own: on ::1 for every
// fourth, and with keepalive for every other, as servers are.
func (l *load) addHolder() error {
	actor, err := l.namespace.StartActor(lab.ActorOptions{Name: holderName})
	if err != nil {
		return err
	}
	n := len(l.holders)
	addr := netip.AddrFrom4([4]byte{127, 0, byte(n >> 8), byte(n) + 1})
	if n%4 == 3 {
		addr = netip.IPv6Loopback()
	}
	h := &holder{actor: actor}
	if n%2 == 1 {
		// So long that no timer fires meanwhile: tens of thousands of probes at once
		// are more than the loopback carries, and connections die of it.
		h.options.Keepalive = lab.Keepalive{On: true, Idle: 4 * time.Hour, Interval: 75 * time.Second, Count: 9}
	}
	h.listener, err = actor.Listen(netip.AddrPortFrom(addr, uint16(firstPort+n)), lab.Options{})
	if err != nil {
		return errors.Join(err, actor.Kill())
	}
	l.holders = append(l.holders, h)
	return nil
}

// open opens n connections to the holder's own listener.
func (h *holder) open(n int) error {
	if _, err := h.actor.DialMany(h.listener.Local, n, h.options); err != nil {
		return err
	}
	if _, err := h.listener.AcceptMany(n, h.options); err != nil {
		return err
	}
	h.pairs += n
	return nil
}
