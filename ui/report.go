package ui

import (
	"fmt"
	"slices"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// report is what became of each connection of an action.
type report struct {
	rows []reportRow
	err  error // of the action as a whole
}

// reportRow is one connection of a report, in words.
type reportRow struct {
	id      conn.ID
	who     string // process and addresses
	outcome conn.Outcome
	detail  string // what it was and is, or what the peer answered
	reason  string
}

func changeReport(results []conn.Result, err error) report {
	r := report{err: err}
	for i := range results {
		res := &results[i]
		r.rows = append(r.rows, reportRow{
			id: res.Connection.ID(), who: subjectText(&res.Connection), outcome: res.Outcome,
			detail: changeText(&res.Before, &res.After), reason: res.Reason,
		})
	}
	return r
}

func probeReport(results []conn.ProbeResult, err error) report {
	r := report{err: err}
	for i := range results {
		res := &results[i]
		r.rows = append(r.rows, reportRow{
			id: res.Connection.ID(), who: subjectText(&res.Connection), outcome: res.Outcome,
			detail: answerText(res), reason: res.Reason,
		})
	}
	return r
}

// subjectText names a connection in a line of a report.
func subjectText(c *conn.Connection) string {
	who := "no process"
	if owner, ok := c.Owner(); ok {
		who = ownerText(owner)
	}
	if c.State == conn.StateListen || !c.Remote.IsValid() {
		return who + "  " + endpoint(c.Local)
	}
	return who + "  " + endpoint(c.Local) + " → " + endpoint(c.Remote)
}

// changeText is a setting before and after.
func changeText(before, after *conn.Keepalive) string {
	switch {
	case !before.ParamsKnown():
		return ""
	case !after.ParamsKnown() || *before == *after:
		return settingText(before)
	}
	return settingText(before) + " → " + settingText(after)
}

func settingText(k *conn.Keepalive) string {
	text := "off"
	if k.State == conn.KeepaliveOn {
		text = k.Params.String()
	}
	if k.UserTimeout > 0 {
		text += " timeout " + k.UserTimeout.String()
	}
	return text
}

// answerText is what a liveness check learnt.
func answerText(r *conn.ProbeResult) string {
	switch {
	case r.Outcome == conn.OutcomeAlive && r.AnswerTime() != "":
		return "answered: " + r.AnswerTime()
	case r.Outcome == conn.OutcomeSilent:
		return fmt.Sprintf("%d probes unanswered", r.Unanswered)
	case r.Outcome == conn.OutcomeOutstanding:
		return fmt.Sprintf("%d retransmissions unanswered", r.Retransmits)
	case r.Reset:
		return "answered with a reset"
	}
	return ""
}

// outcomeRole is the colour of an outcome.
func outcomeRole(o conn.Outcome) theme.Role {
	switch o {
	case conn.OutcomeDone, conn.OutcomeAlive:
		return theme.OK
	case conn.OutcomeUnchanged, conn.OutcomeNotChecked, conn.OutcomeNotReached:
		return theme.Notice
	case conn.OutcomeSilent:
		return theme.Critical
	}
	return theme.Warning
}

// counts is how many rows had which outcome, in the order of the outcomes.
func (r *report) counts() string {
	return countsOf(len(r.rows), func(i int) conn.Outcome { return r.rows[i].outcome })
}

// countsOf is how many of so many results had which outcome.
func countsOf(results int, outcome func(i int) conn.Outcome) string {
	var n [conn.OutcomeNotChecked + 1]int
	for i := range results {
		n[min(outcome(i), conn.OutcomeNotChecked)]++
	}
	text := ""
	for o, count := range n {
		if count == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += conn.Whole(count) + " " + conn.Outcome(o).String()
	}
	return text
}

// reason is why connections had an outcome, and how many.
type reason struct {
	outcome conn.Outcome
	text    string
	count   int
}

// reasons is every reason once, in the order in which they came up.
func (r *report) reasons() []reason {
	var found []reason
	for i := range r.rows {
		row := &r.rows[i]
		if row.reason == "" {
			continue
		}
		at := slices.IndexFunc(found, func(f reason) bool { return f.outcome == row.outcome && f.text == row.reason })
		if at < 0 {
			at = len(found)
			found = append(found, reason{outcome: row.outcome, text: row.reason})
		}
		found[at].count++
	}
	return found
}
