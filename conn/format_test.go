package conn

import (
	"testing"
	"time"
	"unicode/utf8"
)

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second:                          "0.0s",
		0:                                     "0.0s",
		2908 * time.Millisecond:               "2.9s",
		9999 * time.Millisecond:               "9.9s",
		10 * time.Second:                      "10s",
		59*time.Second + 900*time.Millisecond: "59s",
		372 * time.Second:                     "6m12s",
		time.Hour - time.Millisecond:          "59m59s",
		41*time.Minute + 7*time.Second:        "41m07s",
		7875 * time.Second:                    "2h11m",
		24*time.Hour - time.Second:            "23h59m",
		76 * time.Hour:                        "3d04h",
		100*24*time.Hour - time.Second:        "99d23h",
		400*24*time.Hour + 23*time.Hour:       "400d",
		Never:                                 "never",
	} {
		if g := Span(d); g != want {
			t.Errorf("Span(%d) = %q, want %q", d, g, want)
		}
	}
}

func TestProse(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		2908 * time.Millisecond: "2.9 s", 48 * time.Second: "48 s", 372 * time.Second: "6m12s", Never: "never",
	} {
		if g := Prose(d); g != want {
			t.Errorf("Prose(%v) = %q, want %q", d, g, want)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		49 * time.Microsecond: "49 µs", 999 * time.Microsecond: "999 µs", 1249 * time.Microsecond: "1.2 ms",
		230 * time.Millisecond: "230 ms", 12 * time.Second: "12s",
	} {
		if g := RoundTrip(d); g != want {
			t.Errorf("RoundTrip(%v) = %q, want %q", d, g, want)
		}
	}
}

func TestWhole(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1131: "1 131", 100000: "100 000", -1234567: "-1 234 567"} {
		if g := Whole(n); g != want {
			t.Errorf("Whole(%d) = %q, want %q", n, g, want)
		}
	}
}

func TestBytes(t *testing.T) {
	t.Parallel()
	for n, want := range map[uint64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 10188: "9.9 KiB", 10240: "10 KiB",
		1<<20 - 1: "1.0 MiB", 23 << 20: "23 MiB", 1<<64 - 1: "16 EiB",
	} {
		if g := Bytes(n); g != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, g, want)
		}
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"nginx":                 "nginx",
		"Grüße 世界":              "Grüße 世界",
		"\x1b[2J\x1b]0;owned\a": `\x1b[2J\x1b]0;owned\x07`,
		"a\u009b31mred":         `a\u009b31mred`,
		"a\xffb":                `a\xffb`,
		"evil\u202egpj.exe":     `evil\u202egpj.exe`,
		"zero\u200bwidth":       `zero\u200bwidth`,
		"tab\tnew\nline\x7f":    `tab\x09new\x0aline\x7f`,
		"tag\U000e0041":         `tag\U000e0041`,
		"real \ufffd stays":     "real \ufffd stays",
	} {
		if g := Printable(in); g != want {
			t.Errorf("Printable(%q) = %q, want %q", in, g, want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"nginx", "\x1b[2J", "\xff\xfe", "\u202e", "世界"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Printable(s)
		if !utf8.ValidString(out) || !printable(out) {
			t.Errorf("Printable(%q) = %q is not harmless", s, out)
		}
		if Printable(out) != out {
			t.Errorf("Printable is not settled on %q", out)
		}
	})
}

func TestSpoken(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-sec:                          "0 s",
		0:                             "0 s",
		250 * time.Millisecond:        "0.2 s",
		2500 * time.Millisecond:       "2.5 s",
		48700 * time.Millisecond:      "48 s",
		48 * sec:                      "48 s",
		390 * sec:                     "6 m 30 s",
		6 * time.Hour:                 "6 h",
		6*time.Hour + 30*sec:          "6 h",
		7875 * sec:                    "2 h 11 m",
		26 * time.Hour:                "1 d 2 h",
		30*24*time.Hour + 5*time.Hour: "30 d",
		Never:                         "never",
	} {
		if got := Spoken(d); got != want {
			t.Errorf("Spoken(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]string{0: "0 %", 0.01: "1 %", 1.4: "1 %", 63.6: "64 %", 99.4: "99 %", 99.99: "99 %", 100: "100 %"} {
		if got := Percent(share); got != want {
			t.Errorf("%v: %q, want %q", share, got, want)
		}
	}
}
