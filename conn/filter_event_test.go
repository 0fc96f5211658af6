package conn

import (
	"slices"
	"strings"
	"testing"
)

// TestMatchEvent holds terms about events beside those about connections.
func TestMatchEvent(t *testing.T) {
	t.Parallel()
	web, queue := host()["web"], host()["queue"]
	events := map[string]Event{
		"opened":  {Kind: EventOpened, Connection: web},
		"closed":  {Kind: EventClosed, Connection: web, Ending: Ending{Cause: CauseClosed}},
		"reset":   {Kind: EventDied, Connection: web, Ending: Ending{Cause: CauseReset}},
		"timeout": {Kind: EventDied, Connection: queue, Ending: Ending{Cause: CauseKeepaliveTimeout}},
		"unknown": {Kind: EventClosed, Connection: queue, Ending: Ending{Cause: CauseUnknown}},
	}
	for _, tt := range []struct{ filter, want string }{
		{"", "closed opened reset timeout unknown"},
		{"event:opened", "opened"},
		{"event:died|opened", "opened reset timeout"},
		{"-event:died", "closed opened unknown"},
		{"cause:reset", "reset"},
		{"cause:RESET|keepalive-timeout", "reset timeout"},
		{"cause:unknown", "unknown"},               // an opening has no cause
		{"-cause:reset", "closed timeout unknown"}, // nor has it any other
		{"event:died nginx", "reset"},
		{"proc:nginx|app -event:opened", "closed reset timeout unknown"},
	} {
		f, err := ParseEventFilter(tt.filter)
		if err != nil {
			t.Errorf("%q: %v", tt.filter, err)
			continue
		}
		var matched []string
		for name, e := range events {
			if f.MatchEvent(&e) {
				matched = append(matched, name)
			}
			if f.Match(&e.Connection) && strings.Contains(tt.filter, ":") {
				t.Errorf("%q matches a connection, of which nothing happened", tt.filter)
			}
		}
		slices.Sort(matched)
		if got := strings.Join(matched, " "); got != tt.want {
			t.Errorf("%q matches %q, want %q", tt.filter, got, tt.want)
		}
	}
	if !(*Filter)(nil).MatchEvent(&Event{}) {
		t.Error("a nil filter limits something")
	}
}

// TestEventNamesReadBack holds that every name that is printed can be typed.
func TestEventNamesReadBack(t *testing.T) {
	t.Parallel()
	for cause := CauseUnknown; cause <= CauseKilled; cause++ {
		e := Event{Kind: EventDied, Ending: Ending{Cause: cause}}
		if f, err := ParseEventFilter("cause:" + cause.String()); err != nil || !f.MatchEvent(&e) {
			t.Errorf("cause %v does not read back: %v", cause, err)
		}
	}
	for kind := EventOpened; kind <= EventDied; kind++ {
		if f, err := ParseEventFilter("event:" + kind.String()); err != nil || !f.MatchEvent(&Event{Kind: kind}) {
			t.Errorf("kind %v does not read back: %v", kind, err)
		}
	}
}
