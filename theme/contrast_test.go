package theme_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/muesli/termenv"

	"github.com/katop/katop/theme"
)

type rgb struct{ r, g, b uint8 }

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// luminance and contrast are WCAG 2.1's relative luminance and contrast ratio.
func (c rgb) luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestContrastFormula(t *testing.T) {
	t.Parallel()
	// Known pairs: WCAG's extremes, and #767676, the lightest grey that passes on white.
	for _, tt := range []struct {
		a, b rgb
		want float64
	}{
		{rgb{}, rgb{255, 255, 255}, 21},
		{rgb{255, 255, 255}, rgb{255, 255, 255}, 1},
		{rgb{0x76, 0x76, 0x76}, rgb{255, 255, 255}, 4.54},
	} {
		if got := contrast(tt.a, tt.b); math.Abs(got-tt.want) > 0.005 {
			t.Errorf("contrast(%v, %v) = %.3f, want %.2f", tt.a, tt.b, got, tt.want)
		}
	}
}

// sixteen are the palettes of xterm and of the Linux console.
var sixteen = map[string][16]rgb{
	"xterm": {
		{}, {205, 0, 0}, {0, 205, 0}, {205, 205, 0}, {0, 0, 238}, {205, 0, 205}, {0, 205, 205}, {229, 229, 229},
		{127, 127, 127}, {255, 0, 0}, {0, 255, 0}, {255, 255, 0}, {92, 92, 255}, {255, 0, 255}, {0, 255, 255}, {255, 255, 255},
	},
	"console": {
		{}, {170, 0, 0}, {0, 170, 0}, {170, 85, 0}, {0, 0, 170}, {170, 0, 170}, {0, 170, 170}, {170, 170, 170},
		{85, 85, 85}, {255, 85, 85}, {85, 255, 85}, {255, 255, 85}, {85, 85, 255}, {255, 85, 255}, {85, 255, 255}, {255, 255, 255},
	},
}

// indexed is colour n of the 256, as xterm has them.
func indexed(n int, palette [16]rgb) rgb {
	switch {
	case n < 16:
		return palette[n]
	case n < 232:
		level := func(v int) uint8 {
			if v == 0 {
				return 0
			}
			return uint8(55 + 40*v)
		}
		n -= 16
		return rgb{level(n / 36), level(n / 6 % 6), level(n % 6)}
	}
	grey := uint8(8 + 10*(n-232))
	return rgb{grey, grey, grey}
}

var sgr = regexp.MustCompile("^\x1b\\[([0-9;]*)m$")

// colours reads foreground and background out of one SGR sequence; nil is the
// terminal's own.
func colours(t *testing.T, sequence string, palette [16]rgb) (fg, bg *rgb) {
	t.Helper()
	if sequence == "" {
		return nil, nil
	}
	m := sgr.FindStringSubmatch(sequence)
	if m == nil {
		t.Fatalf("not one SGR sequence: %q", sequence)
	}
	var codes []int
	for field := range strings.SplitSeq(m[1], ";") {
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, n)
	}
	for len(codes) > 0 {
		n, rest := codes[0], codes[1:]
		var c rgb
		switch {
		case (n == 38 || n == 48) && rest[0] == 2:
			c, rest = rgb{uint8(rest[1]), uint8(rest[2]), uint8(rest[3])}, rest[4:]
		case (n == 38 || n == 48) && rest[0] == 5:
			c, rest = indexed(rest[1], palette), rest[2:]
		case n >= 30 && n <= 37 || n >= 40 && n <= 47:
			c = palette[n%10]
		case n >= 90 && n <= 97 || n >= 100 && n <= 107:
			c = palette[8+n%10]
		case n > 9:
			t.Fatalf("unknown SGR code %d in %q", n, sequence)
		default:
			codes = rest
			continue
		}
		if n == 38 || n >= 30 && n <= 37 || n >= 90 && n <= 97 {
			fg = &c
		} else {
			bg = &c
		}
		codes = rest
	}
	return fg, bg
}

// required is the least contrast of role on ground: WCAG AA for text, its 3:1
// for large text and graphics for what may be overlooked, and for what is
// secondary where the 16 colours leave nothing between black and grey.
func required(profile termenv.Profile, role theme.Role, ground theme.Ground) float64 {
	switch role {
	case theme.Rule, theme.BarEmpty:
		return 1.3
	case theme.Faint, theme.Thumb, theme.KeepaliveUnknown, theme.StateTimeWait:
		return 3
	case theme.Muted, theme.Breadcrumb, theme.Header, theme.Inferred, theme.StateClosing:
		if profile == termenv.ANSI {
			return 3
		}
	}
	if ground&theme.Gone != 0 {
		return 3
	}
	return 4.5
}

// TestContrast takes the colours from the sequences that reach the terminal.
func TestContrast(t *testing.T) {
	t.Parallel()
	terminals := map[bool][]rgb{
		true:  {{0, 0, 0}, {0x1a, 0x1b, 0x26}, {0x1e, 0x1e, 0x2e}, {0x28, 0x2c, 0x34}},
		false: {{0xff, 0xff, 0xff}, {0xfa, 0xfa, 0xfa}},
	}
	for _, profile := range []termenv.Profile{termenv.TrueColor, termenv.ANSI256, termenv.ANSI} {
		for dark, backgrounds := range terminals {
			if profile == termenv.ANSI {
				backgrounds = backgrounds[:1]
			}
			for name, palette := range sixteen {
				t.Run(fmt.Sprintf("%s/dark=%v/%s", profile.Name(), dark, name), func(t *testing.T) {
					t.Parallel()
					th := newTheme(profile, dark)
					for ground := theme.Plain; ground <= theme.Selected|theme.Marked|theme.Gone; ground++ {
						for role := range theme.Sparkline + 1 {
							fg, bg := colours(t, th.Paint(role, ground).Open, palette)
							if fg == nil && bg == nil {
								continue // the terminal's own on its own
							}
							if fg == nil {
								t.Errorf("role %d on ground %03b: the terminal's own colour on %v", role, ground, *bg)
								continue
							}
							on := backgrounds
							if bg != nil {
								on = []rgb{*bg}
							}
							for _, b := range on {
								if got, want := contrast(*fg, b), required(profile, role, ground); got < want {
									t.Errorf("role %d on ground %03b: %v on %v: contrast %.2f, want at least %.1f", role, ground, *fg, b, got, want)
								}
							}
						}
					}
				})
			}
		}
	}
}
