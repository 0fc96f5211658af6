package lab

import (
	"errors"
	"net/netip"
	"sync"
)

// The addresses of every lab: labs do not see one another.
var (
	NearAddr4 = netip.MustParseAddr("10.9.0.2")
	NearAddr6 = netip.MustParseAddr("fd00:9::2")
	FarAddr4  = netip.MustParseAddr("10.9.1.2")
	FarAddr6  = netip.MustParseAddr("fd00:9:0:1::2")
)

// Lab is two machines with a router between them. Its methods may be called
// from several goroutines.
type Lab struct {
	Near   *Namespace
	Router *Namespace

	prefix string // of the names of the namespaces
	mu     sync.Mutex
	far    *Namespace
	faults map[fault]bool // those that are in force
}

// New builds a lab. The caller closes it.
func New() (*Lab, error) {
	if err := removeLeftovers(); err != nil {
		return nil, err
	}
	prefix, err := newPrefix()
	if err != nil {
		return nil, err
	}
	l := &Lab{prefix: prefix, faults: make(map[fault]bool)}
	if err := l.build(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Lab) build() (err error) {
	if l.Near, err = newNamespace(l.prefix + "near"); err != nil {
		return err
	}
	if l.Router, err = newNamespace(l.prefix + "router"); err != nil {
		return err
	}
	if l.far, err = newNamespace(l.prefix + "far"); err != nil {
		return err
	}
	for _, name := range []string{"net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"} {
		if err := l.Router.SetSysctl(name, "1"); err != nil {
			return err
		}
	}
	if err := connect(l.Router, nearLink, l.Near); err != nil {
		return err
	}
	return connect(l.Router, farLink, l.far)
}

// Far is the other machine. Reboot replaces it by another namespace.
func (l *Lab) Far() *Namespace {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.far
}

// Close kills every process in the lab and removes its namespaces with all
// their connections. A second Close does nothing.
func (l *Lab) Close() error {
	var errs []error
	for _, n := range []*Namespace{l.Near, l.Far(), l.Router} {
		if n != nil {
			errs = append(errs, n.Close())
		}
	}
	return errors.Join(errs...)
}
