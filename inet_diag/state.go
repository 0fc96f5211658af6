package inetdiag

// The states of a TCP socket as Socket.State has them
// (include/net/tcp_states.h).
const (
	StateEstablished uint8 = 1  // TCP_ESTABLISHED
	StateSynSent     uint8 = 2  // TCP_SYN_SENT
	StateSynRecv     uint8 = 3  // TCP_SYN_RECV
	StateFinWait1    uint8 = 4  // TCP_FIN_WAIT1
	StateFinWait2    uint8 = 5  // TCP_FIN_WAIT2
	StateTimeWait    uint8 = 6  // TCP_TIME_WAIT
	StateClose       uint8 = 7  // TCP_CLOSE
	StateCloseWait   uint8 = 8  // TCP_CLOSE_WAIT
	StateLastAck     uint8 = 9  // TCP_LAST_ACK
	StateListen      uint8 = 10 // TCP_LISTEN
	StateClosing     uint8 = 11 // TCP_CLOSING
	StateNewSynRecv  uint8 = 12 // TCP_NEW_SYN_RECV: a request socket; most kernels report it as SYN-RECV

	// StateBoundInactive asks for sockets that are bound and neither listening
	// nor connected (6.8 and later). They come only when Request.States names
	// them, as StateClose.
	StateBoundInactive uint8 = 13 // TCP_BOUND_INACTIVE
)

// allStates is what Request.States of 0 stands for: every state of a
// connection, TCP_ESTABLISHED to TCP_NEW_SYN_RECV.
const allStates uint32 = 1<<(StateNewSynRecv+1) - 1<<StateEstablished

// The kinds of Socket.Timer (idiag_timer; net/ipv4/inet_diag.c,
// inet_sk_diag_fill).
const (
	TimerNone       uint8 = 0
	TimerRetransmit uint8 = 1 // icsk_pending: retransmission, loss probe or reordering timer; of SYN-RECV: the SYN-ACK's
	TimerKeepalive  uint8 = 2 // sk_timer: keepalive; of an orphan in FIN-WAIT-2 the FIN timeout
	TimerTimeWait   uint8 = 3 // the minisock of TIME-WAIT, or of an orphan in FIN-WAIT-2
	TimerZeroWindow uint8 = 4 // ICSK_TIME_PROBE0: zero-window probe
	TimerDelayedAck uint8 = 5 // icsk_delack_timer
)
