package conn

import (
	"slices"
	"strings"
)

// State is the state of a TCP connection (RFC 9293, section 3.3.2), with the
// numbers that Linux gives them (include/net/tcp_states.h).
type State uint8

// The states of a connection, TCP_ESTABLISHED to TCP_CLOSING.
const (
	StateEstablished State = 1 + iota
	StateSynSent
	StateSynRecv
	StateFinWait1
	StateFinWait2
	StateTimeWait
	StateClose
	StateCloseWait
	StateLastAck
	StateListen
	StateClosing
)

// MaxState is the highest State; arrays indexed by state have MaxState+1 slots.
const MaxState = StateClosing

var stateNames = [MaxState + 1]string{
	"?", "ESTABLISHED", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
	"CLOSE", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING",
}

var stateShortNames = [MaxState + 1]string{
	"?", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-W-1", "FIN-W-2", "TIME-W",
	"CLOSE", "CLOSE-W", "LAST-ACK", "LISTEN", "CLOSING",
}

// String names the state in full, as RFC 9293 writes it.
func (s State) String() string {
	if s > MaxState {
		return stateNames[0]
	}
	return stateNames[s]
}

// Short names the state in at most eight columns.
func (s State) Short() string {
	if s > MaxState {
		return stateShortNames[0]
	}
	return stateShortNames[s]
}

// ParseState reads a state's name: in full, short, or as ss writes it
// ("estab", "time-wait"); upper or lower case, "_" for "-".
func ParseState(name string) (State, bool) {
	name = strings.ReplaceAll(strings.ToUpper(name), "_", "-")
	for s := StateEstablished; s <= MaxState; s++ {
		if name == stateNames[s] || name == stateShortNames[s] {
			return s, true
		}
	}
	return 0, false
}

// StateNames lists the names of all states, in full.
func StateNames() []string { return slices.Clone(stateNames[StateEstablished:]) }

// StateMask is a set of states, bit 1<<State for each, as idiag_states has it.
type StateMask uint16

// AllStates holds every state.
const AllStates StateMask = 1<<(MaxState+1) - 2

// Mask is the set of s alone.
func (s State) Mask() StateMask { return 1 << s }

// Has tells whether s is in the set.
func (m StateMask) Has(s State) bool { return m&s.Mask() != 0 }

// Family is the address family of a socket. An IPv4 connection on an IPv6
// socket is IPv6, with addresses in ::ffff:0:0/96.
type Family uint8

// The families of TCP.
const (
	IPv4 Family = 4
	IPv6 Family = 6
)

// String is "ipv4" or "ipv6".
func (f Family) String() string {
	if f == IPv6 {
		return "ipv6"
	}
	return "ipv4"
}
