package lab

import (
	"fmt"

	"github.com/vishvananda/netlink"
)

// Reboot replaces Far by a new namespace with the same addresses, as if the
// machine had lost its power and come back: nothing is heard of its
// connections while it goes, and afterwards it knows none of them and answers
// with RST. Its processes are killed; Far is another namespace then. Faults
// that are in force stay so.
func (l *Lab) Reboot() error {
	l.mu.Lock()
	var silenced []fault
	for _, d := range []Direction{NearToFar, FarToNear} {
		if f := (fault{direction: d}); !l.faults[f] {
			silenced = append(silenced, f)
		}
	}
	l.mu.Unlock()

	// First of all nothing passes any more: the kernel sends FIN or RST for each
	// connection of a process that is killed, and the router ICMP for an address
	// that it has no link to.
	if err := l.Lose(Both); err != nil {
		return err
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.replaceFar(); err != nil {
		return fmt.Errorf("rebooting %s: %w", l.far.name, err)
	}
	for _, f := range silenced {
		if err := l.endFault(f); err != nil {
			return err
		}
	}
	return nil
}

// replaceFar takes the old Far away and connects a new one.
func (l *Lab) replaceFar() error {
	// The link goes before the namespace, which would take it along at a moment
	// of its own choice.
	err := l.Router.withNetlink(func(h *netlink.Handle) error {
		old, err := h.LinkByName(farLink.routerName)
		if err != nil {
			return err
		}
		return h.LinkDel(old)
	})
	if err != nil {
		return err
	}
	if err := l.far.Close(); err != nil {
		return err
	}
	far, err := newNamespace(l.prefix + "far")
	if err != nil {
		return err
	}
	l.far = far
	return connect(l.Router, farLink, far)
}
