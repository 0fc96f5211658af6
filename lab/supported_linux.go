package lab

import (
	"errors"
	"fmt"
	"os"

	"github.com/vishvananda/netlink"
)

// Supported says what is missing here to build a lab, nil when nothing is. It
// tries things out: a namespace with a veth pair that is gone when it returns.
func Supported() error {
	if _, err := os.Stat("/proc/self/ns/net"); err != nil {
		return errors.New("needs network namespaces: this kernel has none (CONFIG_NET_NS), or /proc is not mounted")
	}
	if _, err := os.Stat("/proc/sys/net/ipv6"); err != nil {
		return errors.New("needs IPv6: this kernel has none (ipv6.disable=1 or CONFIG_IPV6)")
	}
	prefix, err := newPrefix()
	if err != nil {
		return err
	}
	n, err := newNamespace(prefix + "try")
	switch {
	case errors.Is(err, os.ErrPermission):
		return errors.New("needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN)")
	case err != nil:
		return fmt.Errorf("needs network namespaces under %s: %w", mountDir, err)
	}
	err = n.withNetlink(func(h *netlink.Handle) error { return h.LinkAdd(vethPair("try", "peer")) })
	if err != nil {
		err = fmt.Errorf("needs veth interfaces (CONFIG_VETH) and CAP_NET_ADMIN: %w", err)
	}
	return errors.Join(err, n.Close())
}
