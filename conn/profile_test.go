package conn

import (
	"strings"
	"testing"
	"time"
)

func TestProfiles(t *testing.T) {
	t.Parallel()
	kernel := Sysctls{Keepalive: Params{Idle: 7200 * time.Second, Interval: 75 * time.Second, Count: 9}, Known: true}
	for name, want := range map[string]string{
		"general": "300/30/3", "mobile": "120/15/5", "realtime": "60/10/3", "kernel": "7200/75/9",
	} {
		p, err := ParseProfile(name, kernel)
		if err != nil || p.Name != name || p.Params.String() != want {
			t.Errorf("%s: %v, %v; want %s", name, p, err, want)
		}
		if s := p.Setting(); s.State != KeepaliveOn || s.Params != p.Params || s.SetUserTimeout || s.Validate() != nil {
			t.Errorf("%s: the setting is %v", name, s)
		}
	}
	if names := strings.Join(ProfileNames(), " "); names != "general mobile realtime kernel" {
		t.Errorf("names %q", names)
	}
}

func TestParseProfileRefuses(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"mobil":   `"mobile"`,
		"General": `"general"`,
		"":        "general, mobile, realtime, kernel",
		"kernel":  "sysctls of the namespace are not known",
	} {
		if p, err := ParseProfile(name, Sysctls{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want an error with %s", name, p, err, want)
		}
	}
	if p, ok := KernelProfile(Sysctls{}); ok {
		t.Errorf("the kernel's profile is %v although the sysctls are not known", p)
	}
}
