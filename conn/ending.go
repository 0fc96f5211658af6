package conn

import (
	"fmt"
	"time"
)

// ended is a connection that has ended, as far as the snapshots know it.
type ended struct {
	last       *Connection // as it was last seen; nil: it never was
	left       State       // of the minisock that it left, by its cookie or addresses; 0: there is none
	retries    int         // tcp_retries2 of its namespace; 0: not known
	synRetries int         // Sysctls.SynRetries of its namespace; 0: not known
	service    bool        // somebody listens where it came in: its peer opened it
}

// endedIn is one of a network namespace of which nothing else is known.
func (s *Snapshot) endedIn(netns uint64) ended {
	sysctls := s.namespace(netns).Sysctls
	if !sysctls.Known {
		return ended{}
	}
	return ended{retries: sysctls.Retries2, synRetries: sysctls.SynRetries}
}

// reported says how a connection ended that the kernel reported as destroyed. A
// connection killed by keepalive comes with as many probes as TCP_KEEPCNT and no
// retransmissions, one killed by retransmission with some, one that was closed
// with neither, and one that its program aborted wiped.
func (e ended) reported(d *Destroyed) Ending {
	tcp := &d.Connection.TCP
	switch {
	case e.left != 0:
		return Ending{CauseClosed, SourceRead, leftEvidence(e.left)}
	case d.wiped():
		return e.aborted(tcp)
	case !tcp.Has(TCPBase):
		return Ending{Source: SourceRead, Evidence: "destroyed, the kernel did not say how"}
	case e.attempt(tcp):
		return e.attempted(tcp)
	case tcp.Retransmits > 0:
		return e.retransmitted(d)
	case tcp.Probes > 0 && e.windowProbes(tcp):
		return e.probedWindow(d)
	case tcp.Probes > 0:
		return e.probed(d)
	}
	return e.closed(tcp)
}

func leftEvidence(left State) string { return "this host closed first: " + left.String() + " is left" }

// aborted is that of a socket that tcp_disconnect has emptied. On a connection
// only its own program makes the kernel do that, and it sends a RST; but so ends
// a connect(2) that has failed, too.
func (e ended) aborted(tcp *TCP) Ending {
	switch {
	case e.last == nil || e.last.State != StateSynSent:
		return Ending{CauseReset, SourceRead, "its own program aborted it, with a RST to the peer (SO_LINGER 0)"}
	case e.synsRanOut(int(tcp.Retransmits)):
		return e.attempted(tcp)
	}
	return Ending{CauseUnknown, SourceInferred, "connecting failed, or its own program aborted it"}
}

// attempt tells whether the peer never acknowledged the SYN. Of a connection
// that came from the peer no SYN is counted (tcpi_bytes_acked), but segments of
// the peer are.
func (e ended) attempt(tcp *TCP) bool {
	if !tcp.Has(TCPBytes|TCPSegments) || tcp.BytesAcked > 0 {
		return false
	}
	if e.last == nil {
		return tcp.SegsIn == 0
	}
	return e.last.State == StateSynSent
}

// attempted is that of a connection that never was one. A program may give up
// sooner than the kernel, and no report says which of them did: TCP_SYNCNT and
// TCP_USER_TIMEOUT shorten it for the kernel, too.
func (e ended) attempted(tcp *TCP) Ending {
	evidence := fmt.Sprintf("SYN sent %d×, without an answer", int(tcp.Retransmits)+1)
	switch {
	case tcp.SegsIn > 0:
		return Ending{CauseReset, SourceInferred, "refused: the SYN was answered with a RST"}
	case e.synsRanOut(int(tcp.Retransmits)):
		return Ending{CauseRetransmitTimeout, SourceRead, evidence}
	case tcp.Retransmits > 0 && e.synRetries > 0:
		return Ending{CauseUnknown, SourceInferred, evidence + ": its program gave up the attempt, or had set a shorter limit"}
	case tcp.Retransmits > 0:
		return Ending{CauseUnknown, SourceInferred, evidence + ": its program gave up the attempt, or the kernel did"}
	}
	return Ending{CauseUnknown, SourceInferred, "no answer to the SYN: its program gave up, or there is no way to the peer"}
}

// synsRanOut tells whether the kernel sends no SYN again after so many
// (net/ipv4/tcp_timer.c, tcp_write_timeout).
func (e ended) synsRanOut(again int) bool { return e.synRetries > 0 && again >= e.synRetries }

// closed tells a FIN from a RST: tcpi_bytes_acked counts a FIN that the peer
// acknowledged.
func (e ended) closed(tcp *TCP) Ending {
	surplus, known := ackedSurplus(tcp)
	before, compared := e.surplusBefore()
	timeout, _ := userTimeout(e.last)
	switch {
	case known && compared && surplus > before, known && surplus > 1:
		return Ending{CauseClosed, SourceRead, "the FIN sent was acknowledged"}
	case e.last != nil && e.last.State != StateEstablished && e.last.synchronized():
		return Ending{CauseClosed, SourceRead, "was in " + e.last.State.String()}
	case timeout > 0 && e.last.Timer.Kind == TimerZeroWindow:
		// It counts although the peer answers (net/ipv4/tcp_timer.c, tcp_probe_timer).
		return Ending{CauseUserTimeout, SourceInferred, "peer took no data, user timeout " + timeout.String()}
	case known && compared, known && surplus <= 0:
		return Ending{CauseReset, SourceInferred, "no FIN was acknowledged: one side sent a RST"}
	}
	return Ending{CauseClosed, SourceInferred, "neither probes nor retransmissions were outstanding"}
}

// surplusBefore is what was acknowledged beyond the payload before any FIN: the
// SYN of who opened the connection. A dump reads the state before the counters
// (net/ipv4/tcp.c, tcp_get_info): they may have a FIN of which it knows nothing.
func (e ended) surplusBefore() (int64, bool) {
	last := e.last
	switch {
	case e.service:
		return 0, true
	case last == nil:
		return 0, false
	case last.State == StateSynRecv:
		return 0, true
	case last.State == StateSynSent:
		return 1, true
	case last.State == StateEstablished && last.TCP.Unacked == 0:
		surplus, known := ackedSurplus(&last.TCP)
		return min(surplus, 1), known
	}
	return 0, false
}

// ackedSurplus is what was acknowledged beyond the payload sent: SYN and FIN.
// After retransmissions it cannot be told: tcpi_bytes_sent counts them too.
func ackedSurplus(tcp *TCP) (int64, bool) {
	if !tcp.Has(TCPBase|TCPBytes|TCPBytesSent) || tcp.TotalRetrans > 0 {
		return 0, false
	}
	return int64(tcp.BytesAcked) - int64(tcp.BytesSent), true
}

// userTimeout is TCP_USER_TIMEOUT, if the options were read.
func userTimeout(c *Connection) (timeout time.Duration, known bool) {
	if c == nil || !c.Keepalive.ParamsKnown() {
		return 0, false
	}
	return c.Keepalive.UserTimeout, true
}
