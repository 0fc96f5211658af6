package conn

import "time"

// Outcome is what became of one connection that was to be changed, checked or
// killed.
type Outcome uint8

// The outcomes. The zero Outcome is that of an action whose end is not known:
// katop was killed in the middle of it.
const (
	OutcomeUnknown    Outcome = iota
	OutcomeDone               // it is as was asked
	OutcomeUnchanged          // it was so already
	OutcomeGone               // there is no such connection any more
	OutcomeRefused            // it was left alone; the reason says why
	OutcomeDiffers            // it was set, and reads otherwise than was asked
	OutcomeNotReached         // the command ended before its turn came

	// Of a liveness check, which can end as gone and not-reached too.
	OutcomeAlive       // the peer was heard during the check
	OutcomeSilent      // probes went unanswered
	OutcomeOutstanding // data waits for an ACK: retransmission decides, a probe would tell nothing
	OutcomeNotChecked  // no probe was sent; the reason says why
)

var outcomeNames = [...]string{
	"unknown", "done", "unchanged", "gone", "refused", "differs", "not-reached",
	"alive", "silent", "outstanding", "not-checked",
}

// String names the outcome as the JSON has it.
func (o Outcome) String() string { return outcomeNames[min(int(o), len(outcomeNames)-1)] }

// ParseOutcome reads the name of an outcome.
func ParseOutcome(name string) (Outcome, bool) {
	for o, n := range outcomeNames {
		if n == name {
			return Outcome(o), true
		}
	}
	return 0, false
}

// Result is what became of one connection.
type Result struct {
	Connection Connection // as it was named; from the journal with identity, addresses and owner alone
	Before     Keepalive  // as it was read just before; unknown if it was not
	After      Keepalive  // as it was read back; unknown if it was not
	Outcome    Outcome
	Reason     string // one line, "" where the outcome says it all
}

// ProbeResult is what a liveness check found.
//
// A peer that has lost the connection, as by a reboot, answers the probe with a
// RST. The connection is over by that, for its owner too: such a result is
// OutcomeGone with Reset set and a reason that says so.
type ProbeResult struct {
	Connection  Connection
	Answered    time.Duration // OutcomeAlive: from the probe to the answer, to some milliseconds; 0 if the peer spoke first
	Unanswered  int           // OutcomeSilent: probes that were not answered
	Retransmits int           // OutcomeOutstanding: retransmissions in a row without an ACK
	Outcome     Outcome
	Reset       bool
	Reason      string // one line, "" where the outcome says it all
}

// AnswerTime writes how long the answer of a living peer took; "" where the
// peer spoke first. The kernel's clock of ACKs ticks in milliseconds, so an
// answer from nearby comes at once.
func (r *ProbeResult) AnswerTime() string {
	switch {
	case r.Outcome != OutcomeAlive || r.Reason != "":
		return ""
	case r.Answered < time.Millisecond:
		return "at once"
	}
	return RoundTrip(r.Answered)
}
