//go:build linux

package collector_test

import (
	"fmt"
	"time"

	"github.com/katop/katop/conn"
)

// opinionOf is what is to be said of a connection by what is known of it.
type opinionOf func(*trouble, testimony) opinion

// The opinions on a healthy connection.
var (
	quietly   = opinion{conn.Judgement{}, "peer answered ~ ago"}
	unguarded = opinion{conn.Judgement{Verdict: conn.VerdictUnguarded, Severity: conn.SeverityNotice}, "silent ~, keepalive off"}
)

// guardsData is that on one with a user timeout alone.
func guardsData(userTimeout string) opinion {
	return opinion{evidence: "peer answered ~ ago; the user timeout of " + userTimeout + " guards data alone"}
}

func judged(v conn.Verdict, s conn.Severity) conn.Judgement {
	return conn.Judgement{Verdict: v, Severity: s}
}

// always is the same whatever is known.
func always(o opinion) opinionOf { return func(*trouble, testimony) opinion { return o } }

// probing is the table's row: critical from half of the count on. Between a
// probe and its answer every connection has one unanswered: it counts when the
// answer is overdue.
func probing(healthy opinion) opinionOf {
	const overdue = 200 * time.Millisecond // TCP_RTO_MIN (include/net/tcp.h)
	return func(x *trouble, t testimony) opinion {
		k := &x.options.Keepalive
		if t.Probes == 0 || t.Probes == 1 && t.Silent < k.Idle+overdue {
			return healthy
		}
		critical, evidence := (k.Count+1)/2, fmt.Sprintf("%d of %d unanswered, silent ~", t.Probes, k.Count)
		if k.UserTimeout > 0 { // the kernel does not look at the count
			critical, evidence = 2, fmt.Sprintf("%d unanswered, silent ~", t.Probes)
		}
		severity := conn.SeverityWarning
		if t.Probes >= critical {
			severity = conn.SeverityCritical
		}
		return opinion{judged(conn.VerdictProbing, severity), evidence}
	}
}

var bothProbing = []conn.Judgement{
	judged(conn.VerdictProbing, conn.SeverityWarning), judged(conn.VerdictProbing, conn.SeverityCritical),
}

// stalling is the table's row: from three on, critical from five on.
func stalling(healthy opinion) opinionOf {
	return func(_ *trouble, t testimony) opinion { return stalled(t.Retransmits, "retransmissions", healthy) }
}

func stalled(n int, what string, healthy opinion) opinion {
	severity := conn.SeverityWarning
	switch {
	case n < 3:
		return healthy
	case n >= 5:
		severity = conn.SeverityCritical
	}
	return opinion{judged(conn.VerdictStalled, severity), fmt.Sprintf("%d %s unanswered, silent ~", n, what)}
}

var (
	stalledWarning = []conn.Judgement{judged(conn.VerdictStalled, conn.SeverityWarning)}
	bothStalled    = append(stalledWarning, judged(conn.VerdictStalled, conn.SeverityCritical))
)

// closedWindow is the table's row: a window that is shut is a warning, and
// probes of it that stay unanswered are a stall.
func closedWindow(healthy opinion) opinionOf {
	return func(_ *trouble, t testimony) opinion {
		if t.SendQueue == 0 || t.InFlight > 0 {
			return healthy
		}
		shut := opinion{judged(conn.VerdictZeroWindow, conn.SeverityWarning),
			"peer takes no data, " + conn.Bytes(uint64(t.SendQueue)) + " waiting"}
		return stalled(t.Probes, "window probes", shut)
	}
}
