package conn

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The most that the kernel takes (include/net/tcp.h, MAX_TCP_KEEPIDLE,
// MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT; TCP_USER_TIMEOUT is an int of
// milliseconds). The least is 1 of each; a user timeout of 0 is none.
const (
	MaxKeepIdle     = 32767 * time.Second
	MaxKeepInterval = 32767 * time.Second
	MaxKeepCount    = 127
	MaxUserTimeout  = (1<<31 - 1) * time.Millisecond
)

func params(idle, interval time.Duration, count int) Params {
	return Params{Idle: idle * time.Second, Interval: interval * time.Second, Count: count}
}

// ParseParams reads idle:interval:count as nginx writes it (so_keepalive of
// listen): "30m::10", "300:30:3". A number without a unit counts seconds. A
// part left out is 0 in the result, which stands for leaving it as it is; not
// all of them may be.
func ParseParams(text string) (Params, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 || text == "::" {
		return Params{}, fmt.Errorf("keepalive parameters %q: write idle:interval:count, as 300:30:3, or 30m::10 to leave a part as it is", text)
	}
	var p Params
	var err error
	if parts[0] != "" {
		p.Idle, err = parseSeconds("idle", parts[0], MaxKeepIdle)
	}
	if parts[1] != "" && err == nil {
		p.Interval, err = parseSeconds("interval", parts[1], MaxKeepInterval)
	}
	if parts[2] != "" && err == nil {
		p.Count, err = parseCount(parts[2])
	}
	if err != nil {
		return Params{}, fmt.Errorf("keepalive parameters %q: %w", text, err)
	}
	return p, nil
}

func parseSeconds(part, text string, limit time.Duration) (time.Duration, error) {
	d, ok := parseDuration(text, time.Second)
	switch {
	case !ok:
		return 0, fmt.Errorf("%s %q is no time (write 90, 90s or 30m)", part, text)
	case d%time.Second != 0:
		return 0, fmt.Errorf("%s %s is not whole seconds", part, text)
	}
	return d, checkSeconds(part, d, limit)
}

func parseCount(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if errors.Is(err, strconv.ErrRange) || err == nil && (n < 1 || n > MaxKeepCount) {
		return 0, fmt.Errorf("count %s is not within 1 to %d", text, MaxKeepCount)
	}
	if err != nil {
		return 0, fmt.Errorf("count %q is no whole number", text)
	}
	return n, nil
}

func checkSeconds(part string, d, limit time.Duration) error {
	if d < time.Second || d > limit {
		return fmt.Errorf("%s %d s is not within 1 to %d s", part, d/time.Second, limit/time.Second)
	}
	return nil
}

// Compact writes the parameters as ParseParams reads them: "5m:30s:3", and
// "30m::10" where a part is 0.
func (p Params) Compact() string {
	text := compactSeconds(p.Idle) + ":" + compactSeconds(p.Interval) + ":"
	if p.Count != 0 {
		text += strconv.Itoa(p.Count)
	}
	return text
}

// compactSeconds writes whole seconds in the largest unit that divides them.
func compactSeconds(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	case d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	}
	return strconv.Itoa(int(d/time.Second)) + "s"
}

// ParseUserTimeout reads a TCP_USER_TIMEOUT: "30s", "1500ms", a number of
// seconds; "0" and "off" stand for none.
func ParseUserTimeout(text string) (time.Duration, error) {
	if text == "off" {
		return 0, nil
	}
	d, ok := parseDuration(text, time.Second)
	switch {
	case !ok:
		return 0, fmt.Errorf("user timeout %q is no time (write 90, 90s, 1500ms or off)", text)
	case d%time.Millisecond != 0:
		return 0, fmt.Errorf("user timeout %s is not whole milliseconds", text)
	}
	return d, checkUserTimeout(d)
}

func checkUserTimeout(d time.Duration) error {
	if d < 0 || d > MaxUserTimeout {
		return fmt.Errorf("user timeout %v is not within 1 ms to %d ms", d, MaxUserTimeout/time.Millisecond)
	}
	return nil
}
