package conn

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The terms that compare. What is not known, or does not exist, leaves them
// undecided.

// number makes the parser of a field that counts.
func number(of func(*Connection) (int, bool)) func(operator, string) (alternative, *FilterError) {
	return func(op operator, value string) (alternative, *FilterError) {
		bound, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return alternative{}, &FilterError{Problem: fmt.Sprintf("%q is no whole number", value)}
		}
		return alternative{holds: func(c *Connection, _ *Thresholds) truth {
			n, known := of(c)
			if !known {
				return undecided
			}
			return truthOf(op.compare(int64(n), int64(bound)))
		}}, nil
	}
}

// duration makes the parser of a field that is a time. A number without a unit
// counts in unit.
func duration(unit time.Duration, of func(*Connection) (time.Duration, bool)) func(operator, string) (alternative, *FilterError) {
	return func(op operator, value string) (alternative, *FilterError) {
		bound, ok := parseDuration(value, unit)
		if !ok {
			return alternative{}, &FilterError{Problem: fmt.Sprintf("%q is no time (write 90, 90s, 1m30s, 250ms or 2d)", value)}
		}
		return compareDuration(op, bound, of), nil
	}
}

// parseDetects takes "never" beside the times, and it is longer than any.
func parseDetects(op operator, value string) (alternative, *FilterError) {
	if strings.EqualFold(value, "never") {
		return compareDuration(op, Never, (*Connection).DetectsIn), nil
	}
	return duration(time.Second, (*Connection).DetectsIn)(op, value)
}

func compareDuration(op operator, bound time.Duration, of func(*Connection) (time.Duration, bool)) alternative {
	return alternative{holds: func(c *Connection, _ *Thresholds) truth {
		d, known := of(c)
		if !known {
			return undecided
		}
		return truthOf(op.compare(int64(d), int64(bound)))
	}}
}

// parseDuration reads a time such as "1d12h", "1h30m", "1.5ms" or a number of
// units.
func parseDuration(text string, unit time.Duration) (time.Duration, bool) {
	const day = 24 * time.Hour
	if n, err := strconv.ParseUint(text, 10, 32); err == nil {
		return time.Duration(n) * unit, true
	}
	days, rest, hasDays := strings.Cut(strings.ToLower(text), "d")
	if !hasDays {
		days, rest = "0", text
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, false
	}
	whole := time.Duration(n) * day
	if hasDays && rest == "" {
		return whole, true
	}
	if strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "+") {
		return 0, false
	}
	part, err := time.ParseDuration(strings.ToLower(rest))
	if err != nil || part > Never-whole-1 {
		return 0, false
	}
	return whole + part, true
}
