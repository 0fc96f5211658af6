package conn

import "time"

// TCPFields is the set of fields of tcp_info that the running kernel reported:
// the structure has grown over the years, and what did not come is unknown.
type TCPFields uint8

// The parts of tcp_info by the kernel that brought them.
const (
	TCPBase       TCPFields = 1 << iota // everything up to tcpi_total_retrans
	TCPBytes                            // tcpi_bytes_acked, tcpi_bytes_received (4.1)
	TCPSegments                         // tcpi_segs_out, tcpi_segs_in (4.2)
	TCPNotSent                          // tcpi_notsent_bytes, tcpi_data_segs_* (4.6)
	TCPBytesSent                        // tcpi_bytes_sent, tcpi_bytes_retrans (4.19)
	TCPSendWindow                       // tcpi_snd_wnd (5.4)
	TCPRTOTime                          // tcpi_total_rto* (6.7)
)

// TCP is the part of tcp_info (include/uapi/linux/tcp.h) that a list needs.
// A field may be used only when Known has the part it belongs to.
type TCP struct {
	RTT           time.Duration // smoothed round trip
	RTO           time.Duration // current retransmission timeout
	LastDataSent  time.Duration // since data was last sent
	LastDataRecv  time.Duration // since data was last received; meaningless before the first: see BytesReceived
	LastAckRecv   time.Duration // since an ACK was last received
	RTOTime       time.Duration // time spent in RTO recoveries, the present one included
	BytesSent     uint64        // payload, retransmissions included
	BytesAcked    uint64
	BytesReceived uint64 // payload
	Unacked       uint32 // segments in flight; for LISTEN the accept queue
	NotSentBytes  uint32
	TotalRetrans  uint32 // segments retransmitted over the connection's life
	SegsOut       uint32
	SegsIn        uint32
	SendWindow    uint32 // the peer's window, in bytes
	RTORecoveries uint16 // RTO recoveries over the connection's life, the present one included
	Retransmits   uint8  // retransmissions in a row without an ACK
	Probes        uint8  // keepalive or window probes unanswered
	Backoff       uint8  // doublings of the timeout
	Known         TCPFields
}

// Has tells whether the kernel reported the part p.
func (t *TCP) Has(p TCPFields) bool { return t.Known&p == p }
