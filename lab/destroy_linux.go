package lab

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// dump reads all TCP sockets of the namespace.
func (n *Namespace) dump() (sockets []*netlink.Socket, err error) {
	err = n.Do(func() error {
		for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
			some, err := netlink.SocketDiagTCP(family)
			if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
				return fmt.Errorf("dumping the sockets of %s: %w", n.name, err)
			}
			sockets = append(sockets, some...)
		}
		return nil
	})
	return sockets, err
}

// destroySockets ends the connections that have lost their process: in
// FIN-WAIT-1 and LAST-ACK they would keep the namespace in existence until
// their retransmissions are over. A kernel without CONFIG_INET_DIAG_DESTROY
// leaves it at that.
func (n *Namespace) destroySockets() error {
	sockets, err := n.dump()
	if err != nil {
		return err
	}
	return n.Do(func() error {
		for _, s := range sockets {
			request := nl.NewNetlinkRequest(nl.SOCK_DESTROY, unix.NLM_F_ACK)
			request.AddData(destroyRequest{s})
			_, err := request.Execute(unix.NETLINK_INET_DIAG, 0)
			switch {
			case errors.Is(err, unix.ENOENT): // it went by itself
			case errors.Is(err, unix.EOPNOTSUPP):
				return nil
			case err != nil:
				return fmt.Errorf("destroying a connection of %s: %w", n.name, err)
			}
		}
		return nil
	})
}

// destroyRequest is struct inet_diag_req_v2 (include/uapi/linux/inet_diag.h)
// for one socket.
type destroyRequest struct{ *netlink.Socket }

func (r destroyRequest) Len() int { return 56 }

func (r destroyRequest) Serialize() []byte {
	source, destination := r.ID.Source.To16(), r.ID.Destination.To16()
	if r.Family == unix.AF_INET {
		source, destination = r.ID.Source.To4(), r.ID.Destination.To4()
	}
	b := make([]byte, r.Len())
	b[0] = r.Family
	b[1] = unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(b[4:], ^uint32(0)) // any state
	binary.BigEndian.PutUint16(b[8:], r.ID.SourcePort)
	binary.BigEndian.PutUint16(b[10:], r.ID.DestinationPort)
	copy(b[12:28], source)
	copy(b[28:44], destination)
	binary.NativeEndian.PutUint32(b[44:], r.ID.Interface)
	binary.NativeEndian.PutUint32(b[48:], r.ID.Cookie[0])
	binary.NativeEndian.PutUint32(b[52:], r.ID.Cookie[1])
	return b
}
