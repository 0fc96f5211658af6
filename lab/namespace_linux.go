package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Namespace is one network namespace of a lab.
type Namespace struct {
	name   string
	inode  uint64
	handle netns.NsHandle

	// jobs run on a thread that stays in the namespace until Close. Processes are
	// started from it: their parent death signal is tied to the thread that
	// forked them (prctl(2), PR_SET_PDEATHSIG).
	jobs chan func()

	mu        sync.Mutex
	processes []*Process
	closed    bool
}

// Solo makes a namespace that has nothing but its loopback interface. The
// caller closes it.
func Solo() (*Namespace, error) {
	if err := removeLeftovers(); err != nil {
		return nil, err
	}
	prefix, err := newPrefix()
	if err != nil {
		return nil, err
	}
	return newNamespace(prefix + "solo")
}

func newNamespace(name string) (*Namespace, error) {
	n := &Namespace{name: name, jobs: make(chan func())}
	made := make(chan error)
	goOnThread(func() {
		err := n.create()
		made <- err
		if err != nil {
			return
		}
		for job := range n.jobs {
			job()
		}
	})
	if err := <-made; err != nil {
		return nil, fmt.Errorf("making network namespace %s: %w", name, err)
	}
	return n, nil
}

// create makes the namespace and enters it with the calling thread.
func (n *Namespace) create() (err error) {
	if err := shareMountDir(); err != nil {
		return err
	}
	if n.handle, err = netns.NewNamed(n.name); err != nil {
		if !errors.Is(err, os.ErrExist) {
			os.Remove(n.Path())
		}
		return err
	}
	defer func() {
		if err != nil {
			n.handle.Close()
			_ = unmount(n.Path())
		}
	}()
	var st unix.Stat_t
	if err := unix.Fstat(int(n.handle), &st); err != nil {
		return err
	}
	n.inode = st.Ino
	// Duplicate address detection would hold addresses back for a second.
	if err := setSysctl("net.ipv6.conf.default.accept_dad", "0"); err != nil {
		return err
	}
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(loopback)
}

// Name is the name under /run/netns.
func (n *Namespace) Name() string { return n.name }

// Path is the file that `nsenter --net=` takes.
func (n *Namespace) Path() string { return filepath.Join(mountDir, n.name) }

// Inode identifies the namespace: the inode of /proc/PID/ns/net for all that
// live in it.
func (n *Namespace) Inode() uint64 { return n.inode }

// Do runs f on a thread of its own inside the namespace and waits for it. What
// f opens (sockets, /proc/thread-self/net, /proc/sys/net) belongs to the
// namespace and stays there; goroutines that f starts run outside it. A test
// must not call t.FailNow in f.
func (n *Namespace) Do(f func() error) error {
	return onThread(func() error {
		if err := netns.Set(n.handle); err != nil {
			return fmt.Errorf("entering network namespace %s: %w", n.name, err)
		}
		return f()
	})
}

// SetSysctl sets a sysctl of the namespace, by its name as sysctl(8) has it:
// "net.ipv4.tcp_keepalive_time".
func (n *Namespace) SetSysctl(name, value string) error {
	return n.Do(func() error { return setSysctl(name, value) })
}

func setSysctl(name, value string) error {
	path := filepath.Join("/proc/sys", strings.ReplaceAll(name, ".", "/"))
	if err := os.WriteFile(path, []byte(value), 0); err != nil {
		return fmt.Errorf("setting %s to %s: %w", name, value, err)
	}
	return nil
}

// Close kills the processes in the namespace and removes it with all its
// connections. A second Close does nothing.
func (n *Namespace) Close() error {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil
	}
	n.closed = true
	processes := n.processes
	n.mu.Unlock()

	var errs []error
	for _, p := range processes {
		errs = append(errs, p.Kill())
	}
	errs = append(errs,
		killInhabitants(n.Path()),
		n.destroySockets(),
		unmount(n.Path()),
		n.handle.Close(),
	)
	close(n.jobs)
	return errors.Join(errs...)
}
