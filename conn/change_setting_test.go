package conn

import (
	"strings"
	"testing"
	"time"
)

func readAs(state KeepaliveState, p Params, userTimeout time.Duration) Keepalive {
	return Keepalive{State: state, Params: p, UserTimeout: userTimeout, Source: SourceRead}
}

func TestSettingOver(t *testing.T) {
	t.Parallel()
	old := readAs(KeepaliveOff, params(7200, 75, 9), 30*time.Second)
	tests := []struct {
		setting Setting
		text    string
		want    Keepalive
	}{
		{Setting{}, "nothing", old},
		{Setting{State: KeepaliveOn}, "keepalive on", readAs(KeepaliveOn, params(7200, 75, 9), 30*time.Second)},
		{Setting{State: KeepaliveOff}, "keepalive off", old},
		{Setting{Params: params(0, 15, 0)}, ":15s:", readAs(KeepaliveOff, params(7200, 15, 9), 30*time.Second)},
		{Setting{Params: params(60, 0, 3)}, "1m::3", readAs(KeepaliveOff, params(60, 75, 3), 30*time.Second)},
		{Setting{SetUserTimeout: true}, "no user timeout", readAs(KeepaliveOff, params(7200, 75, 9), 0)},
		{Setting{UserTimeout: time.Minute}, "nothing", old},
		{
			Setting{State: KeepaliveOn, Params: params(300, 30, 3), SetUserTimeout: true, UserTimeout: time.Minute},
			"keepalive on, 5m:30s:3, user timeout 1m0s", readAs(KeepaliveOn, params(300, 30, 3), time.Minute),
		},
	}
	for _, tt := range tests {
		if got := tt.setting.Over(old); got != tt.want {
			t.Errorf("%q over %v is %v, want %v", tt.setting, old, got, tt.want)
		}
		if got := tt.setting.String(); got != tt.text {
			t.Errorf("%+v reads %q, want %q", tt.setting, got, tt.text)
		}
	}
}

func TestSettingValidate(t *testing.T) {
	t.Parallel()
	for _, good := range []Setting{
		{State: KeepaliveOff}, {SetUserTimeout: true}, {Params: params(1, 0, 0)}, {Params: params(32767, 32767, 127)},
		{SetUserTimeout: true, UserTimeout: MaxUserTimeout},
	} {
		if err := good.Validate(); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
	for want, bad := range map[string]Setting{
		"nothing to change":                      {},
		"idle 32768 s is not within 1 to 32767":  {Params: params(32768, 0, 0)},
		"idle 0 s is not within":                 {Params: Params{Idle: time.Millisecond}},
		"interval -1 s is not within 1 to 32767": {Params: params(0, -1, 0)},
		"count 128 is not within 1 to 127":       {Params: params(0, 0, 128)},
		"count -3 is not within 1 to 127":        {Params: params(0, 0, -3)},
		"is not within 1 ms to 2147483647 ms":    {SetUserTimeout: true, UserTimeout: MaxUserTimeout + time.Millisecond},
	} {
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", bad, err, want)
		}
	}
}

func TestOutcomeNames(t *testing.T) {
	t.Parallel()
	names := strings.Fields("unknown done unchanged gone refused differs not-reached alive silent outstanding not-checked")
	for i, name := range names {
		if o := Outcome(i); o.String() != name {
			t.Errorf("outcome %d is %q, want %q", i, o, name)
		}
		if o, ok := ParseOutcome(name); !ok || o != Outcome(i) {
			t.Errorf("ParseOutcome(%q) is %d, %v", name, o, ok)
		}
	}
	if o, ok := ParseOutcome("fine"); ok {
		t.Errorf("ParseOutcome takes %q for %v", "fine", o)
	}
	for i, name := range strings.Fields("keepalive probe kill undo") {
		if k, ok := ParseActionKind(name); !ok || k != ActionKind(i+1) || k.String() != name {
			t.Errorf("ParseActionKind(%q) is %v, %v", name, k, ok)
		}
	}
	if k, ok := ParseActionKind("unknown"); ok {
		t.Errorf("ParseActionKind takes unknown for %v", k)
	}
}

func TestUndoable(t *testing.T) {
	t.Parallel()
	with := func(o ...Outcome) Action {
		a := Action{Kind: ActionKeepalive}
		for _, o := range o {
			a.Results = append(a.Results, Result{Outcome: o})
		}
		return a
	}
	for _, o := range []Outcome{OutcomeDone, OutcomeDiffers, OutcomeUnknown} {
		a := with(OutcomeRefused, o)
		if !a.Undoable() {
			t.Errorf("%v cannot be undone", o)
		}
		a.Undone = true
		if a.Undoable() {
			t.Errorf("%v can be undone twice", o)
		}
	}
	nothing := with(OutcomeUnchanged, OutcomeGone, OutcomeRefused, OutcomeNotReached)
	kill := with(OutcomeDone)
	kill.Kind = ActionKill
	for _, a := range []Action{nothing, kill, with()} {
		if a.Undoable() {
			t.Errorf("%+v can be undone", a)
		}
	}
}
