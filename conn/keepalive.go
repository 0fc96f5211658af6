package conn

import (
	"fmt"
	"strings"
	"time"
)

// KeepaliveState says whether SO_KEEPALIVE is set.
type KeepaliveState uint8

// The states of keepalive.
const (
	KeepaliveUnknown KeepaliveState = iota
	KeepaliveOff
	KeepaliveOn
)

var keepaliveNames = [...]string{"unknown", "off", "on"}

// String is "on", "off" or "unknown".
func (s KeepaliveState) String() string { return keepaliveNames[min(int(s), len(keepaliveNames)-1)] }

// Source says how a keepalive setting came to be known.
type Source uint8

// The sources, the weakest first.
const (
	SourceUnknown  Source = iota
	SourceInferred        // on or off follows from the timer; the parameters are not known
	SourceRead            // everything was read from the socket itself
)

var sourceNames = [...]string{"unknown", "inferred", "read"}

// String is "read", "inferred" or "unknown".
func (s Source) String() string { return sourceNames[min(int(s), len(sourceNames)-1)] }

// Params are the keepalive parameters of a socket (tcp(7)).
type Params struct {
	Idle     time.Duration // TCP_KEEPIDLE, whole seconds: silence before the first probe
	Interval time.Duration // TCP_KEEPINTVL, whole seconds: between probes
	Count    int           // TCP_KEEPCNT: unanswered probes before the connection is dropped
}

// String writes the parameters as nginx does, idle/interval/count in seconds.
func (p Params) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d/%d/%d", p.Idle/time.Second, p.Interval/time.Second, p.Count)
	return b.String()
}

// Keepalive is what is known of a socket's keepalive setting. Params and
// UserTimeout are known only when Source is SourceRead.
type Keepalive struct {
	Params      Params
	UserTimeout time.Duration // TCP_USER_TIMEOUT, whole milliseconds; 0: none is set
	State       KeepaliveState
	Source      Source
}

// ParamsKnown tells whether Params and UserTimeout may be used.
func (k *Keepalive) ParamsKnown() bool { return k.Source == SourceRead }

// InferKeepalive concludes from the timer whether keepalive is on, for a socket
// whose options could not be read. A connection without any timer has it off;
// a retransmit or zero-window timer hides the answer.
func InferKeepalive(s State, t Timer) Keepalive {
	switch s {
	case StateEstablished, StateCloseWait, StateFinWait1, StateFinWait2, StateClosing, StateLastAck:
	default:
		return Keepalive{}
	}
	switch t.Kind {
	case TimerKeepalive:
		return Keepalive{State: KeepaliveOn, Source: SourceInferred}
	case TimerNone:
		return Keepalive{State: KeepaliveOff, Source: SourceInferred}
	default:
		return Keepalive{}
	}
}
