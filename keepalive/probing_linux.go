package keepalive

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// probing is the liveness check of one connection.
//
// Where keepalive is off, the kernel's own probe is used: TCP_KEEPCNT 127,
// TCP_KEEPINTVL 32767, SO_KEEPALIVE on, and then TCP_KEEPIDLE 1, which sends a
// probe as soon as the silence has lasted for a second. With that interval each
// probe has to be asked for, by setting TCP_KEEPIDLE once more: a katop that is
// stopped or killed in the middle leaves a connection that sends nothing, and
// that cannot die for nine hours. Then SO_KEEPALIVE goes off again, which stops
// the timer, and the rest is put back. The probes that went unanswered stay
// counted until an ACK comes (icsk_probes_out), and a zero window would be
// probed as often less before tcp_retries2 ends the connection: so a socket that
// has maxProbes of them is not checked again.
//
// Where keepalive is on, its probes cannot be used: the kernel counts those
// that go unanswered until an ACK comes, and would drop a silent connection the
// sooner, by TCP_KEEPINTVL for each. There a window probe is sent, which is the
// same segment on the wire and touches neither count nor timer:
// TCP_REPAIR_OFF on a socket that is not in repair (net/ipv4/tcp.c,
// do_tcp_setsockopt; tcp_output.c, tcp_send_window_probe; CAP_NET_ADMIN). It
// clears SO_REUSEADDR, which is set again with the next system call.
type probing struct {
	target conn.Connection
	owner  conn.Owner
	n      int // in the journal
	old    *settings

	first  unix.TCPInfo // as it was before anything was asked
	began  time.Time    // when first was read
	sent   int          // probes that are known to have gone out
	asking bool         // a probe is asked for that has not been seen to go out
	last   time.Time    // when the last probe was to go out
	dirty  bool         // options may be other than old
	lost   bool         // and they are no longer behind the owner's descriptor
	noted  bool         // its line after is in the journal
	result conn.ProbeResult
}

const (
	// maxProbes is how many probes a check sends.
	maxProbes = 3
	// probeInterval is the time from one probe to the next.
	probeInterval = time.Second

	// What a connection is given while it is asked.
	askIdle     = 1
	askInterval = 32767 // MAX_TCP_KEEPINTVL
	askCount    = 127   // MAX_TCP_KEEPCNT

	// The states of tcpi_state that matter here (include/net/tcp_states.h).
	tcpEstablished = 1
	tcpClose       = 7
	tcpListen      = 10

	repairOff = 0 // TCP_REPAIR_OFF (include/uapi/linux/tcp.h)
)

func newProbing(c conn.Connection) probing {
	return probing{target: c, result: conn.ProbeResult{Connection: c, Outcome: conn.OutcomeNotReached}}
}

// asked is what the check sets over s, as the journal has it.
func (s *settings) asked() *settings {
	if s.On {
		return s
	}
	return &settings{On: true, Idle: askIdle, Interval: askInterval, Count: askCount, ReuseAddr: s.ReuseAddr}
}

// decide ends the check of the connection.
func (p *probing) decide(o conn.Outcome, reason string) {
	p.result.Outcome, p.result.Reason = o, reason
}

// decided tells whether the check has come to its end.
func (p *probing) decided() bool { return p.result.Outcome != conn.OutcomeNotReached }

// inspect tells whether the connection can be asked, and reads what is to be
// put back.
func (p *probing) inspect() bool {
	var err error
	p.owner, err = borrow(&p.target, func(b borrowed) error {
		if b.protocol != unix.IPPROTO_TCP {
			p.decide(conn.OutcomeNotChecked, "it is MPTCP: its subflows have peers of their own")
			return nil
		}
		info, err := b.info()
		if err != nil {
			return err
		}
		k, err := b.keepalive()
		if err != nil {
			return err
		}
		reuse, err := unix.GetsockoptInt(b.fd, unix.SOL_SOCKET, unix.SO_REUSEADDR)
		if err != nil {
			return refine("getsockopt SO_REUSEADDR", err)
		}
		p.old, p.first, p.began = settingsOf(k), *info, time.Now()
		p.old.ReuseAddr = new(bool)
		*p.old.ReuseAddr = reuse != 0
		if !p.hindered(info, k) {
			return b.sameEnds(&p.target)
		}
		return nil
	})
	p.fail(err)
	return !p.decided()
}

// hindered decides on connections whose peer cannot be asked.
func (p *probing) hindered(info *unix.TCPInfo, k conn.Keepalive) bool {
	switch {
	case info.State == tcpClose && p.target.State == conn.StateEstablished:
		p.decide(conn.OutcomeGone, "the connection is over, its owner has not closed the socket yet")
	case info.State != tcpEstablished:
		p.decide(conn.OutcomeNotChecked, fmt.Sprintf("it is %v: only ESTABLISHED can be checked", conn.State(info.State)))
	case info.Unacked > 0 || info.Notsent_bytes > 0:
		p.outstanding(info)
	case k.UserTimeout > 0:
		p.decide(conn.OutcomeNotChecked, fmt.Sprintf("a user timeout of %v is set, under which a probe could end it", k.UserTimeout))
	case k.State != conn.KeepaliveOn && int(info.Probes) >= maxProbes:
		p.decide(conn.OutcomeNotChecked, fmt.Sprintf("%d probes of earlier checks are unanswered and stay counted until the peer is heard: more could end it", info.Probes))
	case k.State != conn.KeepaliveOn && ofCheck(k.Params):
		p.decide(conn.OutcomeNotChecked, "its interval and count are those that a check sets: the two could not be told apart")
	default:
		return false
	}
	return true
}

func (p *probing) outstanding(info *unix.TCPInfo) {
	p.result.Retransmits = int(info.Retransmits)
	p.decide(conn.OutcomeOutstanding, fmt.Sprintf("data waits for an ACK, retransmitted %d× in a row", info.Retransmits))
}

// fail decides after an error of borrow.
func (p *probing) fail(err error) {
	if err == nil || p.decided() {
		return
	}
	outcome, reason := outcomeOf(err)
	if outcome == conn.OutcomeRefused {
		outcome = conn.OutcomeNotChecked
	}
	p.decide(outcome, reason)
}
