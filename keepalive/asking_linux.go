package keepalive

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// begin asks for the first time, if nothing has changed since inspect, which
// may have been long ago: the journal was written to the disk meanwhile.
func (p *probing) begin() {
	_, err := borrow(&p.target, func(b borrowed) error {
		info, err := p.lookAt(b)
		if err != nil {
			return err
		}
		k, err := b.keepalive()
		if err != nil || p.hindered(info, k) {
			return err
		}
		if k != p.old.keepalive() {
			return errChangedMeanwhile
		}
		p.last, p.dirty = time.Now(), true
		if p.old.On {
			return p.askByWindow(b)
		}
		// The kernel waits until the silence has lasted for askIdle.
		if due := p.began.Add(askIdle*time.Second - silence(&p.first)); due.After(p.last) {
			p.last = due
		}
		p.asking = true
		return b.setSettings(k, p.old.asked().keepalive())
	})
	p.fail(err)
	if p.decided() {
		p.restore()
	}
}

// lookAt is struct tcp_info of the socket, if it still has the addresses of the
// connection or is closed, which takes them away.
func (p *probing) lookAt(b borrowed) (*unix.TCPInfo, error) {
	ends := b.sameEnds(&p.target)
	info, err := b.info()
	if err == nil && info.State != tcpClose {
		err = ends
	}
	return info, err
}

// ask asks once more.
func (p *probing) ask(b borrowed) error {
	p.last = time.Now()
	if p.old.On {
		return p.askByWindow(b)
	}
	p.asking = true
	return b.set("TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, askIdle)
}

// askByWindow sends a window probe.
func (p *probing) askByWindow(b borrowed) error {
	repair, err := unix.GetsockoptInt(b.fd, unix.IPPROTO_TCP, unix.TCP_REPAIR)
	if err != nil {
		return fmt.Errorf("getsockopt TCP_REPAIR: %w", err)
	}
	if repair != 0 {
		return errors.New("it is in repair mode: another program (CRIU) is at work on it")
	}
	if err := b.set("TCP_REPAIR", unix.IPPROTO_TCP, unix.TCP_REPAIR, repairOff); err != nil {
		if errors.Is(err, unix.EPERM) {
			return errors.New("keepalive is on and asks by itself: asking beside it takes CAP_NET_ADMIN: run as root")
		}
		return err
	}
	p.sent++
	if !*p.old.ReuseAddr {
		return nil
	}
	return b.set("SO_REUSEADDR", unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
}

// look looks whether the peer was heard, and asks once more if it is time. It
// tells whether it has asked.
func (p *probing) look() (asked bool) {
	if p.decided() {
		return false
	}
	_, err := borrow(&p.target, func(b borrowed) error {
		info, err := p.lookAt(b)
		if err != nil {
			return err
		}
		p.judge(info, time.Now())
		if p.decided() || p.asking || p.sent >= maxProbes || time.Since(p.last) < probeInterval || info.Unacked > 0 {
			return nil
		}
		asked = true
		return p.ask(b)
	})
	p.fail(err)
	return asked
}

// judge decides by what the kernel counts. A segment has come when tcpi_segs_in
// is other than before; it was a good one when it moved the time of the last
// data or ACK.
func (p *probing) judge(info *unix.TCPInfo, now time.Time) {
	if n := int(info.Probes) - int(p.first.Probes); !p.old.On && n > p.sent {
		p.sent, p.asking = n, false
	}
	heard := now.Add(-silence(info))
	came := info.Segs_in != p.first.Segs_in
	switch {
	case info.State == tcpClose && came:
		p.result.Reset = true
		p.decide(conn.OutcomeGone, "the peer answered with RST (ECONNRESET): it does not know this connection")
	case info.State == tcpClose:
		p.decide(conn.OutcomeGone, "the connection came to its end during the check, without a word of the peer")
	case came && heard.Before(p.last.Add(-clockTick)) && heard.After(p.began.Add(-clockTick)):
		p.decide(conn.OutcomeAlive, "the peer spoke before it was asked")
	case came && heard.After(p.began.Add(-clockTick)):
		p.result.Answered = max(0, heard.Sub(p.last))
		p.decide(conn.OutcomeAlive, "")
	}
}

// silence is the time since the peer was last heard, as the keepalive timer has
// it (include/net/tcp.h, keepalive_time_elapsed).
func silence(info *unix.TCPInfo) time.Duration {
	return time.Duration(min(info.Last_ack_recv, info.Last_data_recv)) * time.Millisecond
}

// clockTick is more than the grain of the kernel's times, one jiffy: 10 ms at
// CONFIG_HZ=100.
const clockTick = 15 * time.Millisecond

// giveUp decides at the end of the time.
func (p *probing) giveUp() {
	if p.outstandingNow() {
		return
	}
	if p.sent == 0 {
		p.decide(conn.OutcomeNotChecked, "the peer was heard within the last second and no probe went out in time: give it a longer timeout")
		return
	}
	p.result.Unanswered = p.sent
	p.decide(conn.OutcomeSilent, fmt.Sprintf("unanswered probes: %d in %.1f s", p.sent, time.Since(p.began).Seconds()))
}

// outstandingNow decides on a connection on which its owner sent data during
// the check.
func (p *probing) outstandingNow() bool {
	_, err := borrow(&p.target, func(b borrowed) error {
		info, err := p.lookAt(b)
		if err == nil && (info.Unacked > 0 || info.Notsent_bytes > 0) {
			p.outstanding(info)
		}
		return err
	})
	p.fail(err)
	return p.decided()
}

// cutShort decides when the command is ended before its time.
func (p *probing) cutShort() {
	p.decide(conn.OutcomeNotReached, fmt.Sprintf("the check was cut short after %.1f s", time.Since(p.began).Seconds()))
}
