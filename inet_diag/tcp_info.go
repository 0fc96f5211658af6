package inetdiag

import (
	"encoding/binary"
	"time"
)

// TCPInfo is struct tcp_info (include/uapi/linux/tcp.h), which grows with the
// kernel. Fields beyond Len are unknown and stand at zero: ask Reaches before
// using what came after InfoBase.
type TCPInfo struct {
	Len int // bytes of the structure that came; 0: none

	State                uint8 // tcpi_state
	CongestionState      uint8 // tcpi_ca_state: TCP_CA_Open 0, Disorder 1, CWR 2, Recovery 3, Loss 4
	Retransmits          uint8 // tcpi_retransmits: in a row without an ACK
	Probes               uint8 // tcpi_probes: keepalive or window probes unanswered
	Backoff              uint8 // tcpi_backoff: doublings of the timeout
	Options              uint8 // tcpi_options: TCPI_OPT_*
	SendScale, RecvScale uint8 // tcpi_snd_wscale, tcpi_rcv_wscale

	RTO     time.Duration // tcpi_rto
	ATO     time.Duration // tcpi_ato: delayed ACK
	SendMSS uint32        // tcpi_snd_mss, bytes
	RecvMSS uint32        // tcpi_rcv_mss, bytes

	Unacked       uint32 // tcpi_unacked: segments in flight; for LISTEN the accept queue
	Sacked        uint32 // tcpi_sacked; for LISTEN the limit of the accept queue
	Lost          uint32 // tcpi_lost
	Retransmitted uint32 // tcpi_retrans: segments retransmitted and not acknowledged yet

	LastDataSent time.Duration // tcpi_last_data_sent: since
	LastDataRecv time.Duration // tcpi_last_data_recv: since; meaningless before the first data
	LastAckRecv  time.Duration // tcpi_last_ack_recv: since

	PathMTU      uint32        // tcpi_pmtu, bytes
	RecvSSThresh uint32        // tcpi_rcv_ssthresh, bytes
	RTT          time.Duration // tcpi_rtt: smoothed
	RTTVariance  time.Duration // tcpi_rttvar
	SendSSThresh uint32        // tcpi_snd_ssthresh, segments
	SendCwnd     uint32        // tcpi_snd_cwnd, segments
	AdvertMSS    uint32        // tcpi_advmss, bytes
	Reordering   uint32        // tcpi_reordering, segments
	RecvRTT      time.Duration // tcpi_rcv_rtt: the receiver's estimate
	RecvSpace    uint32        // tcpi_rcv_space, bytes
	TotalRetrans uint32        // tcpi_total_retrans: segments over the connection's life

	PacingRate    uint64 // tcpi_pacing_rate, bytes per second; all ones: no limit
	MaxPacingRate uint64 // tcpi_max_pacing_rate, bytes per second; all ones: no limit

	BytesAcked    uint64 // tcpi_bytes_acked
	BytesReceived uint64 // tcpi_bytes_received: payload

	SegsOut uint32 // tcpi_segs_out
	SegsIn  uint32 // tcpi_segs_in

	NotSentBytes uint32        // tcpi_notsent_bytes
	MinRTT       time.Duration // tcpi_min_rtt
	DataSegsIn   uint32        // tcpi_data_segs_in
	DataSegsOut  uint32        // tcpi_data_segs_out

	DeliveryRate uint64 // tcpi_delivery_rate, bytes per second

	BusyTime      time.Duration // tcpi_busy_time: sending data
	WindowLimited time.Duration // tcpi_rwnd_limited: of BusyTime, held back by the peer's window
	BufferLimited time.Duration // tcpi_sndbuf_limited: of BusyTime, held back by the send buffer

	Delivered   uint32 // tcpi_delivered: segments
	DeliveredCE uint32 // tcpi_delivered_ce: of those, with ECE

	BytesSent    uint64 // tcpi_bytes_sent: payload, retransmissions included
	BytesRetrans uint64 // tcpi_bytes_retrans
	DSACKs       uint32 // tcpi_dsack_dups
	ReorderSeen  uint32 // tcpi_reord_seen: events

	OutOfOrder uint32 // tcpi_rcv_ooopack: segments received out of order
	SendWindow uint32 // tcpi_snd_wnd: the peer's window, bytes

	RecvWindow uint32 // tcpi_rcv_wnd: the window offered to the peer, bytes
	Rehashes   uint32 // tcpi_rehash: changes of path after a timeout or congestion

	RTOs          uint16        // tcpi_total_rto: timeouts over the connection's life, of SYN too
	RTORecoveries uint16        // tcpi_total_rto_recoveries
	RTOTime       time.Duration // tcpi_total_rto_time: in all recoveries, the present one included
}

// The ends of the parts of tcp_info, in bytes from its start, by the kernel
// that brought them. Each part holds everything since the one before it.
const (
	InfoBase         = 104 // everything up to tcpi_total_retrans
	InfoPacing       = 120 // tcpi_pacing_rate, tcpi_max_pacing_rate (3.15)
	InfoBytes        = 136 // tcpi_bytes_acked, tcpi_bytes_received (4.1)
	InfoSegments     = 144 // tcpi_segs_out, tcpi_segs_in (4.2)
	InfoNotSent      = 160 // tcpi_notsent_bytes, tcpi_min_rtt, tcpi_data_segs_* (4.6)
	InfoDeliveryRate = 168 // tcpi_delivery_rate (4.9)
	InfoLimits       = 192 // tcpi_busy_time, tcpi_rwnd_limited, tcpi_sndbuf_limited (4.10)
	InfoDelivered    = 200 // tcpi_delivered, tcpi_delivered_ce (4.18)
	InfoBytesSent    = 224 // tcpi_bytes_sent, tcpi_bytes_retrans, tcpi_dsack_dups, tcpi_reord_seen (4.19)
	InfoSendWindow   = 232 // tcpi_rcv_ooopack, tcpi_snd_wnd (5.4)
	InfoRecvWindow   = 240 // tcpi_rcv_wnd, tcpi_rehash (6.2)
	InfoRTO          = 248 // tcpi_total_rto, tcpi_total_rto_recoveries, tcpi_total_rto_time (6.7)

	infoLen = InfoRTO // what is decoded; newer kernels send more
)

// Reaches tells whether the kernel sent the structure up to end, one of the
// Info constants.
func (t *TCPInfo) Reaches(end int) bool { return t.Len >= end }

// decode reads as much as came, and tells whether that holds InfoBase.
func (t *TCPInfo) decode(b []byte) bool {
	if len(b) < InfoBase {
		return false
	}
	came := len(b)
	if came < infoLen {
		var whole [infoLen]byte
		copy(whole[:], b)
		b = whole[:]
	}
	b = b[:infoLen:infoLen]
	t.Len = came
	t.decodeBase(b)
	t.decodeLater(b)
	return true
}

// decodeBase reads what every kernel sends, up to InfoBase.
func (t *TCPInfo) decodeBase(b []byte) {
	_ = b[InfoBase-1]
	t.State, t.CongestionState, t.Retransmits, t.Probes = b[0], b[1], b[2], b[3]
	t.Backoff, t.Options = b[4], b[5]
	t.SendScale, t.RecvScale = nibbles(b[6])
	t.RTO = microseconds(b[8:])
	t.ATO = microseconds(b[12:])
	t.SendMSS = binary.NativeEndian.Uint32(b[16:])
	t.RecvMSS = binary.NativeEndian.Uint32(b[20:])
	t.Unacked = binary.NativeEndian.Uint32(b[24:])
	t.Sacked = binary.NativeEndian.Uint32(b[28:])
	t.Lost = binary.NativeEndian.Uint32(b[32:])
	t.Retransmitted = binary.NativeEndian.Uint32(b[36:])
	// tcpi_fackets (40) and tcpi_last_ack_sent (48) are always zero.
	t.LastDataSent = milliseconds(b[44:])
	t.LastDataRecv = milliseconds(b[52:])
	t.LastAckRecv = milliseconds(b[56:])
	t.PathMTU = binary.NativeEndian.Uint32(b[60:])
	t.RecvSSThresh = binary.NativeEndian.Uint32(b[64:])
	t.RTT = microseconds(b[68:])
	t.RTTVariance = microseconds(b[72:])
	t.SendSSThresh = binary.NativeEndian.Uint32(b[76:])
	t.SendCwnd = binary.NativeEndian.Uint32(b[80:])
	t.AdvertMSS = binary.NativeEndian.Uint32(b[84:])
	t.Reordering = binary.NativeEndian.Uint32(b[88:])
	t.RecvRTT = microseconds(b[92:])
	t.RecvSpace = binary.NativeEndian.Uint32(b[96:])
	t.TotalRetrans = binary.NativeEndian.Uint32(b[100:])
}

// decodeLater reads what the kernels since 3.15 added.
func (t *TCPInfo) decodeLater(b []byte) {
	_ = b[infoLen-1]
	t.PacingRate = binary.NativeEndian.Uint64(b[104:])
	t.MaxPacingRate = binary.NativeEndian.Uint64(b[112:])
	t.BytesAcked = binary.NativeEndian.Uint64(b[120:])
	t.BytesReceived = binary.NativeEndian.Uint64(b[128:])
	t.SegsOut = binary.NativeEndian.Uint32(b[136:])
	t.SegsIn = binary.NativeEndian.Uint32(b[140:])
	t.NotSentBytes = binary.NativeEndian.Uint32(b[144:])
	t.MinRTT = microseconds(b[148:])
	t.DataSegsIn = binary.NativeEndian.Uint32(b[152:])
	t.DataSegsOut = binary.NativeEndian.Uint32(b[156:])
	t.DeliveryRate = binary.NativeEndian.Uint64(b[160:])
	t.BusyTime = longMicroseconds(b[168:])
	t.WindowLimited = longMicroseconds(b[176:])
	t.BufferLimited = longMicroseconds(b[184:])
	t.Delivered = binary.NativeEndian.Uint32(b[192:])
	t.DeliveredCE = binary.NativeEndian.Uint32(b[196:])
	t.BytesSent = binary.NativeEndian.Uint64(b[200:])
	t.BytesRetrans = binary.NativeEndian.Uint64(b[208:])
	t.DSACKs = binary.NativeEndian.Uint32(b[216:])
	t.ReorderSeen = binary.NativeEndian.Uint32(b[220:])
	t.OutOfOrder = binary.NativeEndian.Uint32(b[224:])
	t.SendWindow = binary.NativeEndian.Uint32(b[228:])
	t.RecvWindow = binary.NativeEndian.Uint32(b[232:])
	t.Rehashes = binary.NativeEndian.Uint32(b[236:])
	t.RTOs = binary.NativeEndian.Uint16(b[240:])
	t.RTORecoveries = binary.NativeEndian.Uint16(b[242:])
	t.RTOTime = milliseconds(b[244:])
}

func microseconds(b []byte) time.Duration {
	return time.Duration(binary.NativeEndian.Uint32(b)) * time.Microsecond
}

func milliseconds(b []byte) time.Duration {
	return time.Duration(binary.NativeEndian.Uint32(b)) * time.Millisecond
}

func longMicroseconds(b []byte) time.Duration {
	return time.Duration(binary.NativeEndian.Uint64(b)) * time.Microsecond
}

// nibbles splits a byte of two bit fields of four, in the order of their
// declaration: compilers begin at the low end on little-endian machines and at
// the high end on the others.
func nibbles(b byte) (first, second uint8) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return b & 0xf, b >> 4
	}
	return b >> 4, b & 0xf
}
