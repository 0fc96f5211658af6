package lab

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// endLink is the name of the one interface of Near and of Far.
const endLink = "eth0"

// link is one veth pair between the router and an end.
type link struct {
	routerName string          // the interface in the router
	router     [2]netip.Prefix // its addresses, IPv4 and IPv6
	end        [2]netip.Prefix // the addresses of the end
}

var (
	nearLink = newLink("near", "10.9.0.1/24", "fd00:9::1/64", NearAddr4, NearAddr6)
	farLink  = newLink("far", "10.9.1.1/24", "fd00:9:0:1::1/64", FarAddr4, FarAddr6)
)

func newLink(name, router4, router6 string, end4, end6 netip.Addr) link {
	r4, r6 := netip.MustParsePrefix(router4), netip.MustParsePrefix(router6)
	return link{
		routerName: name,
		router:     [2]netip.Prefix{r4, r6},
		end:        [2]netip.Prefix{netip.PrefixFrom(end4, r4.Bits()), netip.PrefixFrom(end6, r6.Bits())},
	}
}

// connect joins the router and an end by a new veth pair.
func connect(router *Namespace, k link, end *Namespace) error {
	err := router.withNetlink(func(h *netlink.Handle) error {
		pair := vethPair(k.routerName, endLink)
		pair.PeerNamespace = netlink.NsFd(end.handle)
		if err := h.LinkAdd(pair); err != nil {
			return err
		}
		_, err := configure(h, k.routerName, k.router)
		return err
	})
	if err != nil {
		return fmt.Errorf("connecting %s to its router: %w", end.name, err)
	}
	if err := plugIn(k, end); err != nil {
		return err
	}
	return router.awaitRunning(k.routerName)
}

// AddAddresses gives Near and Far one more address each and makes the router
// know the way. Those of every lab are the same; these are the caller's choice.
// Reboot takes that of Far away.
func (l *Lab) AddAddresses(near, far netip.Addr) error {
	for _, end := range []struct {
		namespace *Namespace
		router    string // the interface to it
		addr      netip.Addr
	}{{l.Near, nearLink.routerName, near}, {l.Far(), farLink.routerName, far}} {
		one := &net.IPNet{IP: end.addr.AsSlice(), Mask: net.CIDRMask(end.addr.BitLen(), end.addr.BitLen())}
		err := end.namespace.withNetlink(func(h *netlink.Handle) error {
			link, err := h.LinkByName(endLink)
			if err != nil {
				return err
			}
			return h.AddrReplace(link, &netlink.Addr{IPNet: one})
		})
		if err != nil {
			return fmt.Errorf("address %s of %s: %w", end.addr, end.namespace.name, err)
		}
		err = l.Router.withNetlink(func(h *netlink.Handle) error {
			link, err := h.LinkByName(end.router)
			if err != nil {
				return err
			}
			return h.RouteReplace(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: one})
		})
		if err != nil {
			return fmt.Errorf("route to %s: %w", end.addr, err)
		}
	}
	return nil
}

// plugIn brings the end's interface up and gives it its addresses and routes.
func plugIn(k link, end *Namespace) error {
	err := end.withNetlink(func(h *netlink.Handle) error {
		index, err := configure(h, endLink, k.end)
		if err != nil {
			return err
		}
		for _, gateway := range k.router {
			route := &netlink.Route{LinkIndex: index, Dst: everywhere(gateway.Addr()), Gw: gateway.Addr().AsSlice()}
			if err := h.RouteReplace(route); err != nil {
				return fmt.Errorf("default route through %s: %w", gateway.Addr(), err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("configuring %s of %s: %w", endLink, end.name, err)
	}
	return end.awaitRunning(endLink)
}

// awaitRunning waits until an interface passes packets. Until the kernel's work
// queue has noticed that the other end is there, it loses them
// (net/core/link_watch.c); on a busy host that takes seconds.
func (n *Namespace) awaitRunning(name string) error {
	return n.withNetlink(func(h *netlink.Handle) error {
		for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			l, err := h.LinkByName(name)
			if err != nil {
				return err
			}
			if l.Attrs().OperState == netlink.OperUp {
				return nil
			}
			if time.Now().After(end) {
				return fmt.Errorf("%s of %s is %s after %v", name, n.name, l.Attrs().OperState, patience)
			}
		}
	})
}

// configure brings an interface up and gives it its addresses.
func configure(h *netlink.Handle, name string, addresses [2]netip.Prefix) (index int, err error) {
	l, err := h.LinkByName(name)
	if err != nil {
		return 0, err
	}
	if err := h.LinkSetUp(l); err != nil {
		return 0, err
	}
	for _, a := range addresses {
		address := &netlink.Addr{IPNet: &net.IPNet{
			IP:   a.Addr().AsSlice(),
			Mask: net.CIDRMask(a.Bits(), a.Addr().BitLen()),
		}}
		if a.Addr().Is6() {
			address.Flags = unix.IFA_F_NODAD
		}
		if err := h.AddrReplace(l, address); err != nil {
			return 0, fmt.Errorf("address %s: %w", a, err)
		}
	}
	return l.Attrs().Index, nil
}

// everywhere is the default route's destination in the family of a.
func everywhere(a netip.Addr) *net.IPNet {
	return &net.IPNet{IP: make(net.IP, a.BitLen()/8), Mask: net.CIDRMask(0, a.BitLen())}
}

func vethPair(name, peer string) *netlink.Veth {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = name
	return &netlink.Veth{LinkAttrs: attributes, PeerName: peer}
}

// withNetlink lends f a route netlink connection into the namespace.
func (n *Namespace) withNetlink(f func(*netlink.Handle) error) error {
	h, err := netlink.NewHandleAt(n.handle, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink in network namespace %s: %w", n.name, err)
	}
	defer h.Close()
	return f(h)
}
