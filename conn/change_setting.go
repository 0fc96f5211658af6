package conn

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Setting is a change of a connection's keepalive of which every part may be
// left as it is. The zero Setting changes nothing.
type Setting struct {
	State          KeepaliveState // KeepaliveUnknown leaves it
	Params         Params         // a part that is 0 is left
	UserTimeout    time.Duration  // if SetUserTimeout; 0 takes it away
	SetUserTimeout bool
}

// IsZero tells whether the setting leaves everything as it is.
func (s Setting) IsZero() bool { return s == Setting{} }

// Validate holds the setting against the limits of the kernel.
func (s Setting) Validate() error {
	if s.IsZero() {
		return errors.New("nothing to change: name on or off, parameters, a profile or a user timeout")
	}
	var errs []error
	if s.Params.Idle != 0 {
		errs = append(errs, checkSeconds("idle", s.Params.Idle, MaxKeepIdle))
	}
	if s.Params.Interval != 0 {
		errs = append(errs, checkSeconds("interval", s.Params.Interval, MaxKeepInterval))
	}
	if n := s.Params.Count; n != 0 && (n < 1 || n > MaxKeepCount) {
		errs = append(errs, fmt.Errorf("count %d is not within 1 to %d", n, MaxKeepCount))
	}
	if s.SetUserTimeout {
		errs = append(errs, checkUserTimeout(s.UserTimeout))
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Over is what k becomes under the setting.
func (s Setting) Over(k Keepalive) Keepalive {
	if s.State != KeepaliveUnknown {
		k.State = s.State
	}
	if s.Params.Idle != 0 {
		k.Params.Idle = s.Params.Idle
	}
	if s.Params.Interval != 0 {
		k.Params.Interval = s.Params.Interval
	}
	if s.Params.Count != 0 {
		k.Params.Count = s.Params.Count
	}
	if s.SetUserTimeout {
		k.UserTimeout = s.UserTimeout
	}
	return k
}

// Complete tells whether the setting leaves no part as it is that matters: what
// the connection becomes does not depend on what it was.
func (s Setting) Complete() bool {
	p := s.Params
	return s.State != KeepaliveUnknown && p.Idle != 0 && p.Interval != 0 && p.Count != 0 && s.SetUserTimeout
}

// String writes the setting for a sentence: "keepalive on, 5m:30s:3, user
// timeout 30s".
func (s Setting) String() string {
	var parts []string
	if s.State != KeepaliveUnknown {
		parts = append(parts, "keepalive "+s.State.String())
	}
	if s.Params != (Params{}) {
		parts = append(parts, s.Params.Compact())
	}
	switch {
	case s.SetUserTimeout && s.UserTimeout == 0:
		parts = append(parts, "no user timeout")
	case s.SetUserTimeout:
		parts = append(parts, "user timeout "+s.UserTimeout.String())
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}
