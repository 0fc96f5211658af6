package keepalive

import (
	"errors"
	"fmt"

	"github.com/katop/katop/conn"
)

// sight is what a decision about a connection stands on.
type sight struct {
	now        conn.Keepalive
	listening  bool
	unanswered int  // probes
	waiting    bool // data or probes wait for an answer
}

// hindered refuses what cannot be looked at to be changed.
func (ch *change) hindered() bool {
	if ch.checker == 0 {
		return false
	}
	ch.fail(fmt.Errorf("it is being checked by PID %d: try again in 4 s", ch.checker))
	return true
}

func (ch *change) fail(err error) {
	ch.result.Outcome, ch.result.Reason = outcomeOf(err)
}

// found decides what the connection is to become, from what it is or from the
// error of looking. It leaves the outcome unknown if there is something to do.
func (ch *change) found(s sight, err error) {
	r := ch.result
	if err == nil {
		r.Before = s.now
		ch.to, err = ch.decide(s)
	}
	switch {
	case err != nil:
		ch.fail(err)
	case r.Before == ch.to:
		r.Outcome, r.After = conn.OutcomeUnchanged, r.Before
	default:
		r.Outcome = conn.OutcomeUnknown
	}
}

// asDecided tells by an error what is not as it was when it was decided.
func (ch *change) asDecided(s sight) error {
	to, err := ch.decide(s)
	if err == nil && (s.now != ch.result.Before || to != ch.to) {
		err = errChangedMeanwhile
	}
	return err
}

var errChangedMeanwhile = errors.New("its settings changed while they were being read: try again")

// settle says what became of the connection: after is what it reads, if that is
// known, and err what failed.
func (ch *change) settle(after conn.Keepalive, err error) {
	r := ch.result
	r.After = after
	switch {
	case r.After == ch.to:
		r.Outcome = conn.OutcomeDone
	case err == nil, r.After != (conn.Keepalive{}) && r.After != r.Before:
		r.Outcome, r.Reason = conn.OutcomeDiffers, "it reads "+describe(r.After)
		if err != nil {
			r.Reason += ": " + err.Error()
		}
	default:
		ch.fail(err)
	}
}

func (ch *change) decide(s sight) (to conn.Keepalive, err error) {
	if temporary(s.now) {
		return to, errTemporary
	}
	if to, err = ch.want(s.now); err != nil {
		return to, err
	}
	if temporary(to) {
		return to, errOfChecks
	}
	return to, s.survives(to)
}

// survives refuses settings under which the kernel would drop the connection
// when the timer fires next, without asking the peer once more: probes that
// went unanswered count, those of a liveness check included, and stay counted
// until an ACK comes (net/ipv4/tcp_timer.c, tcp_keepalive_timer).
//
// A user timeout counts from the time when the data that waits was sent first,
// or when the window was first found closed, though it be set later
// (tcp_timer.c, retransmits_timed_out and tcp_probe_timer). Of a listener
// tcpi_unacked is the backlog, and there is nothing to drop.
func (s sight) survives(to conn.Keepalive) error {
	switch {
	case s.listening:
		return nil
	case s.unanswered >= dropsAt(to) && s.unanswered < dropsAt(s.now):
		return dropped(s.unanswered, to)
	case shortens(s.now, to) && s.waiting:
		return errWaiting
	}
	return nil
}

// shortens tells whether data that waits would wait under a shorter user
// timeout than before.
func shortens(now, to conn.Keepalive) bool {
	return to.UserTimeout > 0 && (now.UserTimeout == 0 || to.UserTimeout < now.UserTimeout)
}

var errWaiting = errors.New("data has waited for an answer: a user timeout would count from its beginning and drop the connection: try again when it is acknowledged")

func dropped(unanswered int, to conn.Keepalive) error {
	return fmt.Errorf("%d probes are unanswered, so with a count of %d the kernel would drop it without asking again: check whether it lives, or give a higher count and no user timeout",
		unanswered, to.Params.Count)
}

// dropsAt is with how many unanswered probes a connection is dropped when the
// timer fires next; never, with maxUnanswered.
func dropsAt(k conn.Keepalive) int {
	switch {
	case k.State != conn.KeepaliveOn:
		return maxUnanswered
	case k.UserTimeout > 0:
		return 1
	}
	return max(1, k.Params.Count)
}

// maxUnanswered is more than icsk_probes_out, of eight bits, can be before a
// connection is over (MAX_TCP_KEEPCNT is 127).
const maxUnanswered = 255

// describe writes settings for a reason.
func describe(k conn.Keepalive) string {
	return conn.Setting{State: k.State, Params: k.Params, UserTimeout: k.UserTimeout, SetUserTimeout: true}.String()
}
