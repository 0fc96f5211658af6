package lab

import (
	"fmt"
	"net/netip"
	"os"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// An orphan retransmits for minutes, and keeps its namespace for that long.
func TestCloseEndsOrphans(t *testing.T) {
	t.Parallel()
	if err := Supported(); err != nil {
		t.Skip(err)
	}
	for _, addr := range []netip.Addr{FarAddr4, FarAddr6, netip.AddrFrom16(FarAddr4.As16())} {
		t.Run(addr.String(), func(t *testing.T) {
			t.Parallel()
			if err := closeWithOrphan(addr); err != nil {
				t.Error(err)
			}
		})
	}
}

// closeWithOrphan closes a lab that has an orphan in FIN-WAIT-1 in it, and looks
// whether it is still there afterwards.
func closeWithOrphan(addr netip.Addr) error {
	l, err := New()
	if err != nil {
		return err
	}
	defer l.Close()
	near, err := l.Near.StartActor(ActorOptions{})
	if err != nil {
		return err
	}
	far, err := l.Far().StartActor(ActorOptions{})
	if err != nil {
		return err
	}
	if _, err := far.Listen(netip.AddrPortFrom(addr.Unmap(), servicePort), Options{}); err != nil {
		return err
	}
	s, err := near.Dial(netip.AddrPortFrom(addr, servicePort), Options{})
	if err != nil {
		return err
	}
	if err := l.Lose(Both); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	orphan := Expectation{Scene: "orphan", NetNS: l.Near.inode, State: "FIN-WAIT-1", Timer: "retransmit", Local: s.Local, Remote: s.Remote}
	if err := l.Near.awaitAll(orphan); err != nil {
		return err
	}
	// While this is open the namespace can be entered although it has no name.
	held, err := os.Open(l.Near.Path())
	if err != nil {
		return err
	}
	defer held.Close()
	if err := l.Close(); err != nil {
		return err
	}
	return onThread(func() error {
		if err := unix.Setns(int(held.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
			left, err := netlink.SocketDiagTCP(family)
			if err != nil || len(left) != 0 {
				return fmt.Errorf("%d sockets left in family %d after Close: %w", len(left), family, err)
			}
		}
		return nil
	})
}

func TestMaker(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{
		"katop-lab-4242-abcdef-near": 4242,
		"katop-lab-4242":             0,
		"katop-lab--1-abcdef-near":   0,
		"katop-lab-x-abcdef-near":    0,
		"other-4242-abcdef-near":     0,
		"katop-lab-0-abcdef-near":    0,
	} {
		pid, ok := maker(name)
		if ok != (want != 0) || ok && pid != want {
			t.Errorf("maker(%q) is %d, %v, want %d", name, pid, ok, want)
		}
	}
}
