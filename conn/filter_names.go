package conn

import (
	"fmt"
	"slices"
	"strings"
)

// The terms whose values are names from a fixed list.

func parseStateTerm(_ operator, value string) (alternative, *FilterError) {
	s, ok := ParseState(value)
	if !ok {
		return alternative{}, unknownName("state", value, append(StateNames(), stateShortNames[StateEstablished:]...))
	}
	return alternative{
		states: s.Mask(),
		holds:  func(c *Connection, _ *Thresholds) truth { return truthOf(c.State == s) },
	}, nil
}

// parseKeepalive takes "unknown" as a value like the others, so that the term
// is always decided.
func parseKeepalive(_ operator, value string) (alternative, *FilterError) {
	s, ok := nameIndex(keepaliveNames[:], value)
	if !ok {
		return alternative{}, unknownName("keepalive state", value, keepaliveNames[:])
	}
	return alternative{holds: func(c *Connection, _ *Thresholds) truth {
		return truthOf(c.Keepalive.State == KeepaliveState(s))
	}}, nil
}

func parseTimer(_ operator, value string) (alternative, *FilterError) {
	k, ok := nameIndex(timerNames[:], value)
	if !ok {
		return alternative{}, unknownName("timer", value, timerNames[:])
	}
	return alternative{holds: func(c *Connection, _ *Thresholds) truth {
		return truthOf(c.Timer.Kind == TimerKind(k))
	}}, nil
}

func parseVerdictTerm(_ operator, value string) (alternative, *FilterError) {
	v, ok := ParseVerdict(strings.ToLower(value))
	if !ok {
		return alternative{}, unknownName("verdict", value, VerdictNames())
	}
	return alternative{holds: func(c *Connection, th *Thresholds) truth {
		return truthOf(Judge(c, th).Verdict == v)
	}}, nil
}

func parseSeverityTerm(op operator, value string) (alternative, *FilterError) {
	s, ok := ParseSeverity(strings.ToLower(value))
	if !ok {
		return alternative{}, unknownName("severity", value, SeverityNames())
	}
	return alternative{holds: func(c *Connection, th *Thresholds) truth {
		return truthOf(op.compare(int64(Judge(c, th).Severity), int64(s)))
	}}, nil
}

// parseEventTerm asks what happened.
func parseEventTerm(_ operator, value string) (alternative, *FilterError) {
	k, ok := nameIndex(eventKindNames[:], value)
	if !ok {
		return alternative{}, unknownName("event", value, eventKindNames[:])
	}
	return alternative{happened: func(e *Event) truth { return truthOf(e.Kind == EventKind(k)) }}, nil
}

// parseCauseTerm asks why a connection ended. What has not ended has no cause.
func parseCauseTerm(_ operator, value string) (alternative, *FilterError) {
	k, ok := nameIndex(causeNames[:], value)
	if !ok {
		return alternative{}, unknownName("cause", value, causeNames[:])
	}
	return alternative{happened: func(e *Event) truth {
		if e.Kind == EventOpened {
			return undecided
		}
		return truthOf(e.Cause == Cause(k))
	}}, nil
}

func nameIndex(names []string, value string) (int, bool) {
	i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, value) })
	return i, i >= 0
}

func unknownName(kind, value string, names []string) *FilterError {
	return &FilterError{Problem: fmt.Sprintf("unknown %s %q", kind, value), Nearest: nearest(value, names)}
}
