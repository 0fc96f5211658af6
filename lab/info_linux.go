package lab

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Info is what getsockopt(TCP_INFO) says of a connection (struct tcp_info,
// include/uapi/linux/tcp.h). A connection that the kernel has given up is in
// CLOSE, with the counts that it had then.
type Info struct {
	State       string        // as RFC 9293 writes it: "FIN-WAIT-1"
	Retransmits int           // tcpi_retransmits: in a row without an ACK
	Probes      int           // tcpi_probes: of keepalive or of a closed window, unanswered
	InFlight    int           // tcpi_unacked: segments
	Silent      time.Duration // since data or an ACK was received
	SendQueue   int           // bytes not acknowledged, those not sent yet included (tcp(7), SIOCOUTQ)
}

func readInfo(fd int) (Info, error) {
	tcp, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return Info{}, fmt.Errorf("TCP_INFO: %w", err)
	}
	if int(tcp.State) >= len(stateNames) {
		return Info{}, fmt.Errorf("TCP_INFO: no state has the number %d", tcp.State)
	}
	info := Info{
		State:       stateNames[tcp.State],
		Retransmits: int(tcp.Retransmits),
		Probes:      int(tcp.Probes),
		InFlight:    int(tcp.Unacked),
	}
	silent := tcp.Last_ack_recv
	if tcp.Bytes_received > 0 { // before, tcpi_last_data_recv is about the uptime
		silent = min(silent, tcp.Last_data_recv)
	}
	info.Silent = time.Duration(silent) * time.Millisecond
	info.SendQueue, err = unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	if err != nil {
		return Info{}, fmt.Errorf("SIOCOUTQ: %w", err)
	}
	return info, nil
}
