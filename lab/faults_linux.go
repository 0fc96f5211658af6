package lab

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Direction says which packets a fault loses.
type Direction uint8

// The directions through the router.
const (
	NearToFar Direction = 1 << iota
	FarToNear
	Both = NearToFar | FarToNear
)

// fault is one thing that the router loses: all packets of a direction, or
// those from or to one TCP port.
type fault struct {
	direction Direction // NearToFar or FarToNear
	port      uint16    // 0 for all packets
}

// rulePriority puts the faults before the routes (32766) and after the router's
// own addresses (0).
const rulePriority = 100

// Lose makes the router drop all packets of a direction without any sign, as a
// network does that broke in the middle. Losing a direction twice is the same
// as losing it once.
func (l *Lab) Lose(d Direction) error { return l.lose(d, 0) }

// ForgetPort makes the router drop the TCP packets from and to a port, of
// either end, without any sign: as a NAT or firewall does that has forgotten a
// connection. Connections of other ports live on.
func (l *Lab) ForgetPort(port uint16, d Direction) error {
	if port == 0 {
		return errors.New("port 0 cannot be forgotten: name the port of a connection, or use Lose")
	}
	return l.lose(d, port)
}

func (l *Lab) lose(d Direction, port uint16) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range []Direction{NearToFar, FarToNear} {
		f := fault{direction: one, port: port}
		if d&one == 0 || l.faults[f] {
			continue
		}
		if err := l.changeRules(f, (*netlink.Handle).RuleAdd); err != nil {
			return err
		}
		l.faults[f] = true
	}
	return nil
}

// Restore ends all faults of Lose and ForgetPort.
func (l *Lab) Restore() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for f := range l.faults {
		if err := l.endFault(f); err != nil {
			return err
		}
	}
	return nil
}

// endFault ends one fault. The caller holds the lock.
func (l *Lab) endFault(f fault) error {
	if err := l.changeRules(f, (*netlink.Handle).RuleDel); err != nil {
		return err
	}
	delete(l.faults, f)
	return nil
}

func (l *Lab) changeRules(f fault, change func(*netlink.Handle, *netlink.Rule) error) error {
	err := l.Router.withNetlink(func(h *netlink.Handle) error {
		for _, rule := range f.rules() {
			if err := change(h, rule); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("losing packets in %s: %w", l.Router.name, err)
	}
	return nil
}

// rules are the routing rules that bring the fault about. A rule of type
// blackhole drops what it matches and sends no ICMP (ip-rule(8)).
func (f fault) rules() []*netlink.Rule {
	var rules []*netlink.Rule
	add := func(family int, source, destination *netlink.RulePortRange) {
		r := netlink.NewRule()
		r.Family = family
		r.Priority = rulePriority
		if f.port != 0 {
			// A rule is deleted by what is said of it, and what is not said matches
			// everything: the end of Lose must not end a ForgetPort.
			r.Priority++
		}
		r.Type = unix.FR_ACT_BLACKHOLE
		r.IifName = nearLink.routerName
		if f.direction == FarToNear {
			r.IifName = farLink.routerName
		}
		if source != nil || destination != nil {
			r.IPProto = unix.IPPROTO_TCP
		}
		r.Sport, r.Dport = source, destination
		rules = append(rules, r)
	}
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		if f.port == 0 {
			add(family, nil, nil)
			continue
		}
		port := netlink.NewRulePortRange(f.port, f.port)
		add(family, port, nil)
		add(family, nil, port)
	}
	return rules
}

// LinkDown takes Near's own interface down. Unlike the faults of the router,
// Near can see it: its routes go, and a dial fails with ENETUNREACH.
func (l *Lab) LinkDown() error {
	err := l.Near.withNetlink(func(h *netlink.Handle) error {
		eth0, err := h.LinkByName(endLink)
		if err != nil {
			return err
		}
		return h.LinkSetDown(eth0)
	})
	if err != nil {
		return fmt.Errorf("taking %s of %s down: %w", endLink, l.Near.name, err)
	}
	return nil
}

// LinkUp brings Near's interface up again, with the addresses and routes that
// it had.
func (l *Lab) LinkUp() error { return plugIn(nearLink, l.Near) }
