package conn

import (
	"strings"
	"testing"
	"time"
)

func TestParseParams(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text    string
		want    Params
		compact string
	}{
		{"300:30:3", params(300, 30, 3), "5m:30s:3"},
		{"30m::10", params(1800, 0, 10), "30m::10"},
		{"5m:30s:3", params(300, 30, 3), "5m:30s:3"},
		{":15:", params(0, 15, 0), ":15s:"},
		{"2h::", params(7200, 0, 0), "2h::"},
		{"::9", params(0, 0, 9), "::9"},
		{"1:1:1", params(1, 1, 1), "1s:1s:1"},
		{"32767:32767:127", params(32767, 32767, 127), "32767s:32767s:127"},
		{"1h30m:1500ms:5", Params{}, ""},
		{"1h30m:2000ms:5", params(5400, 2, 5), "90m:2s:5"},
	}
	for _, tt := range tests {
		got, err := ParseParams(tt.text)
		if (err == nil) != (tt.compact != "") || got != tt.want {
			t.Errorf("ParseParams(%q) = %v, %v; want %v", tt.text, got, err, tt.want)
			continue
		}
		if err == nil && got.Compact() != tt.compact {
			t.Errorf("%q comes back as %q, want %q", tt.text, got.Compact(), tt.compact)
		}
	}
}

func TestParseParamsRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "write idle:interval:count",
		"::":                         "write idle:interval:count",
		"300":                        "write idle:interval:count",
		"300:30":                     "write idle:interval:count",
		"1:2:3:4":                    "write idle:interval:count",
		"0:30:3":                     "idle 0 s is not within 1 to 32767 s",
		"10h:30:3":                   "idle 36000 s is not within 1 to 32767 s",
		"300:32768:3":                "interval 32768 s is not within 1 to 32767 s",
		"300:30:0":                   "count 0 is not within 1 to 127",
		"300:30:128":                 "count 128 is not within 1 to 127",
		"300:30:-1":                  "count -1 is not within 1 to 127",
		"300:30:9999999999999999999": "count 9999999999999999999 is not within 1 to 127",
		"300:30:3s":                  `count "3s" is no whole number`,
		"300:30:0x3":                 `count "0x3" is no whole number`,
		"1500ms:30:3":                "idle 1500ms is not whole seconds",
		"300:soon:3":                 `interval "soon" is no time`,
		"-300:30:3":                  `idle "-300" is no time`,
		"300 : 30 : 3":               `idle "300 " is no time`,
	} {
		got, err := ParseParams(text)
		if err == nil || got != (Params{}) {
			t.Errorf("ParseParams(%q) = %v, %v; want an error and nothing", text, got, err)
			continue
		}
		if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `"`+text+`"`) || strings.Contains(err.Error(), "\n") {
			t.Errorf("ParseParams(%q) says %q, want one line with the text and %q", text, err, want)
		}
	}
}

func TestParseUserTimeout(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"off": 0, "0": 0, "30": 30 * time.Second, "30s": 30 * time.Second, "1500ms": 1500 * time.Millisecond,
		"2147483647ms": MaxUserTimeout, "1d": 24 * time.Hour,
	} {
		if got, err := ParseUserTimeout(text); err != nil || got != want {
			t.Errorf("ParseUserTimeout(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "is no time", "never": "is no time", "-1s": "is no time", "2147483648ms": "is not within", "1us": "whole milliseconds",
	} {
		if got, err := ParseUserTimeout(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseUserTimeout(%q) = %v, %v; want an error with %q", text, got, err, want)
		}
	}
}

func FuzzParseParams(f *testing.F) {
	for _, text := range []string{"300:30:3", "30m::10", "::", ":1d:", "1h30m:5:7", "0:0:0", "32767s:9h:127", ":\x00:", "1:2:3:4"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseParams(text)
		if err != nil {
			if p != (Params{}) {
				t.Errorf("%q: %v beside the error %v", text, p, err)
			}
			return
		}
		if err := (Setting{Params: p}).Validate(); err != nil {
			t.Errorf("%q gives %v, which the kernel would refuse: %v", text, p, err)
		}
		if again, err := ParseParams(p.Compact()); err != nil || again != p {
			t.Errorf("%q gives %v, written as %q, which gives %v, %v", text, p, p.Compact(), again, err)
		}
	})
}
