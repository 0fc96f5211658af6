package conn

import (
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, tt := range []struct {
		text string
		unit time.Duration
		want time.Duration
	}{
		{"0", sec, 0},
		{"90", sec, 90 * sec},
		{"90", time.Millisecond, 90 * time.Millisecond},
		{"90s", time.Millisecond, 90 * sec},
		{"1h30m", sec, 90 * time.Minute},
		{"1.5ms", sec, 1500 * time.Microsecond},
		{"100us", sec, 100 * time.Microsecond},
		{"100µs", sec, 100 * time.Microsecond},
		{"250MS", sec, 250 * time.Millisecond},
		{"5M", sec, 5 * time.Minute},
		{"2d", sec, 2 * day},
		{"1d12h", sec, 36 * time.Hour},
		{"1D0.5h", sec, day + 30*time.Minute},
		{"4294967295", sec, 4294967295 * sec},
	} {
		if got, ok := parseDuration(tt.text, tt.unit); !ok || got != tt.want {
			t.Errorf("%q: %v, %v, want %v", tt.text, got, ok, tt.want)
		}
	}
	for _, text := range []string{
		"", "-5", "+5", "-5s", "1d-5h", "1d+5h", "5x", "m", "d", "1d2", "1h5", "1.5d", "1e3", "inf", "nan", "0x5s",
		"4294967296", "99999999999999999999", "65536d", "2562047h65535d", "1d2562047h47m16s", "1 s",
	} {
		if got, ok := parseDuration(text, sec); ok {
			t.Errorf("%q is no time, but reads as %v", text, got)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text              string
		width             int
		less, equal, more bool
	}{
		{">1", 1, false, false, true},
		{">=1", 2, false, true, true},
		{"<1", 1, true, false, false},
		{"<=1", 2, true, true, false},
		{"=1", 1, false, true, false},
		{":1", 1, false, true, false},
	} {
		op, width := parseOperator(tt.text)
		got := [3]bool{op.compare(4, 5), op.compare(5, 5), op.compare(6, 5)}
		if want := [3]bool{tt.less, tt.equal, tt.more}; width != tt.width || got != want {
			t.Errorf("%q: width %d and %v, want %d and %v", tt.text, width, got, tt.width, want)
		}
	}
}
