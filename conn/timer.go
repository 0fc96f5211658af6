package conn

import "time"

// TimerKind says which timer of a socket is running. The first six have the
// numbers of idiag_timer (net/ipv4/inet_diag.c, inet_sk_diag_fill).
type TimerKind uint8

// The timers of a socket.
const (
	TimerNone       TimerKind = iota
	TimerRetransmit           // data waits for an ACK: retransmission, loss probe or reordering timer
	TimerKeepalive            // the next look at keepalive
	TimerTimeWait             // the minisock of TIME-WAIT, or of an orphan in FIN-WAIT-2, goes away
	TimerZeroWindow           // the peer's window is closed: the next window probe
	TimerDelayedAck           // an ACK is held back
	TimerFinWait              // sk_timer of an orphan in FIN-WAIT-2: not keepalive although the kernel gives it the same number
)

var timerNames = [...]string{"none", "retransmit", "keepalive", "time-wait", "zero-window", "delayed-ack", "fin-wait"}

// String names the timer as the JSON has it.
func (k TimerKind) String() string {
	if int(k) >= len(timerNames) {
		return "unknown"
	}
	return timerNames[k]
}

// Timer is the one timer that the kernel shows of a socket. A retransmit or
// zero-window timer hides a pending keepalive timer.
type Timer struct {
	Expires time.Duration // until it fires, from the moment of the dump
	Kind    TimerKind
	Retries uint8 // idiag_retrans: retransmissions or probes sent and not answered
}
