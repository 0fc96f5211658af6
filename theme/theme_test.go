package theme_test

import (
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"github.com/katop/katop/theme"
)

func newTheme(profile termenv.Profile, dark bool) *theme.Theme {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	r.SetHasDarkBackground(dark)
	return theme.New(r, theme.Unicode())
}

func TestPaint(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		profile termenv.Profile
		dark    bool
		role    theme.Role
		ground  theme.Ground
		want    theme.Paint
	}{
		{"text is the terminal's own", termenv.TrueColor, true, theme.Text, theme.Plain, theme.Paint{}},
		{"hand-picked truecolor", termenv.TrueColor, true, theme.Warning, theme.Plain, theme.Paint{Open: "\x1b[38;2;232;184;102m", Close: "\x1b[0m"}},
		{"hand-picked 256", termenv.ANSI256, true, theme.Warning, theme.Plain, theme.Paint{Open: "\x1b[38;5;179m", Close: "\x1b[0m"}},
		{"hand-picked 16", termenv.ANSI, true, theme.Warning, theme.Plain, theme.Paint{Open: "\x1b[93m", Close: "\x1b[0m"}},
		{"light 16", termenv.ANSI, false, theme.Warning, theme.Plain, theme.Paint{Open: "\x1b[35m", Close: "\x1b[0m"}},
		{"selected in 16 is black on cyan", termenv.ANSI, true, theme.Critical, theme.Selected, theme.Paint{Open: "\x1b[30;46m", Close: "\x1b[0m"}},
		{"gone is struck", termenv.TrueColor, true, theme.Critical, theme.Gone, theme.Paint{Open: "\x1b[38;2;127;135;159;9m", Close: "\x1b[0m", Lined: true}},
		{"no colour", termenv.Ascii, true, theme.Warning, theme.Plain, theme.Paint{}},
		{"no colour, bold", termenv.Ascii, true, theme.Critical, theme.Plain, theme.Paint{Open: "\x1b[1m", Close: "\x1b[0m"}},
		{"no colour, selected", termenv.Ascii, true, theme.Text, theme.Selected, theme.Paint{Open: "\x1b[7m", Close: "\x1b[0m"}},
		{"no colour, gone", termenv.Ascii, true, theme.Text, theme.Gone, theme.Paint{Open: "\x1b[2;9m", Close: "\x1b[0m", Lined: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := *newTheme(tt.profile, tt.dark).Paint(tt.role, tt.ground)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("paint (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNoColour: nothing but bold, faint, italic, underline, reverse and strike.
func TestNoColour(t *testing.T) {
	t.Parallel()
	attributes := regexp.MustCompile("^(\x1b\\[[1-9](;[1-9])*m)?$")
	th := newTheme(termenv.Ascii, true)
	for ground := theme.Plain; ground <= theme.Selected|theme.Marked|theme.Gone; ground++ {
		for role := range theme.Sparkline + 1 {
			if open := th.Paint(role, ground).Open; !attributes.MatchString(open) {
				t.Errorf("role %d on ground %03b: %q", role, ground, open)
			}
			selected := strings.Contains(th.Paint(role, ground).Open, "7")
			if want := ground&theme.Selected != 0; selected != want {
				t.Errorf("role %d on ground %03b: reversed %v, want %v", role, ground, selected, want)
			}
		}
	}
}

// TestDrawIsStyle: Draw is the short way to what lipgloss renders.
func TestDrawIsStyle(t *testing.T) {
	t.Parallel()
	for _, profile := range []termenv.Profile{termenv.TrueColor, termenv.ANSI256, termenv.ANSI, termenv.Ascii} {
		th := newTheme(profile, true)
		for role := range theme.Sparkline + 1 {
			if th.Style(role).GetUnderline() {
				continue // lipgloss draws it letter by letter
			}
			if diff := cmp.Diff(th.Style(role).Render("ab c"), th.Draw(role, "ab c")); diff != "" {
				t.Errorf("%s: role %d (-lipgloss +draw):\n%s", profile.Name(), role, diff)
			}
		}
	}
}

// TestSymbols: severities differ without colour, and every symbol is one column.
func TestSymbols(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]theme.Symbols{"unicode": theme.Unicode(), "ascii": theme.ASCII()} {
		all := append([]string{
			s.OK, s.Notice, s.Warning, s.Critical, s.Mark, s.Gone, s.Inferred, s.Ascending, s.Descending, s.Ellipsis,
			s.Separator, s.Unprintable, s.Thumb, s.Track, s.BarFull, s.BarHalf, s.BarEmpty, s.Rule,
		}, s.Levels[:]...)
		for _, symbol := range all {
			if w := ansi.StringWidth(symbol); w != 1 {
				t.Errorf("%s: %q is %d columns wide", name, symbol, w)
			}
			if name == "ascii" && (symbol < " " || symbol > "~") {
				t.Errorf("ascii: %q", symbol)
			}
		}
		severities := map[string]bool{s.OK: true, s.Notice: true, s.Warning: true, s.Critical: true}
		if len(severities) != 4 {
			t.Errorf("%s: two severities share a symbol: %v", name, severities)
		}
	}
}

func TestSymbolsFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		env  map[string]string
		want theme.Symbols
	}{
		{"nothing set", nil, theme.Unicode()},
		{"utf-8", map[string]string{"LANG": "en_US.UTF-8"}, theme.Unicode()},
		{"utf8 as glibc normalizes it", map[string]string{"LANG": "C.utf8"}, theme.Unicode()},
		{"latin-1", map[string]string{"LANG": "de_DE.ISO-8859-1"}, theme.ASCII()},
		{"posix", map[string]string{"LANG": "C"}, theme.ASCII()},
		{"LC_ALL wins", map[string]string{"LC_ALL": "C", "LANG": "en_US.UTF-8"}, theme.ASCII()},
		{"LC_CTYPE before LANG", map[string]string{"LC_CTYPE": "C.UTF-8", "LANG": "C"}, theme.Unicode()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := theme.SymbolsFor(func(name string) string { return tt.env[name] })
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("symbols (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBar(t *testing.T) {
	t.Parallel()
	th := newTheme(termenv.Ascii, true)
	for _, tt := range []struct {
		width int
		share float64
		want  string
	}{
		{0, 0.5, ""},
		{-1, 0.5, ""},
		{4, 0, "────"},
		{4, 0.0001, "╸───"}, // a little is not nothing
		{4, 0.5, "━━──"},
		{4, 0.625, "━━╸─"},
		{4, 0.9999, "━━━╸"}, // nearly all is not all
		{4, 1, "━━━━"},
		{4, 7, "━━━━"},
		{4, -7, "────"},
		{1, 0.5, "╸"},
	} {
		if got := th.Bar(tt.width, tt.share, theme.BarFull); got != tt.want {
			t.Errorf("Bar(%d, %v) = %q, want %q", tt.width, tt.share, got, tt.want)
		}
	}
}

func TestSparkline(t *testing.T) {
	t.Parallel()
	th := newTheme(termenv.Ascii, true)
	for _, tt := range []struct {
		width  int
		values []float64
		want   string
	}{
		{0, []float64{1}, ""},
		{4, nil, "    "},
		{4, []float64{0, 0}, "  ▁▁"},
		{4, []float64{9, 1, 2, 4, 8}, "▁▂▄█"},
		{3, []float64{8, 0.001, -1}, "█▁▁"},
	} {
		if got := th.Sparkline(tt.width, tt.values); got != tt.want {
			t.Errorf("Sparkline(%d, %v) = %q, want %q", tt.width, tt.values, got, tt.want)
		}
	}
}

// TestSparklineGap holds that what is not known is neither zero nor in the way
// of the rest.
func TestSparklineGap(t *testing.T) {
	t.Parallel()
	th := newTheme(termenv.Ascii, true)
	if got := ansi.Strip(th.Sparkline(5, []float64{0, math.NaN(), 4, 8})); got != " ▁ ▄█" {
		t.Errorf("%q", got)
	}
}

func TestBarParts(t *testing.T) {
	t.Parallel()
	s := theme.Unicode()
	for share, want := range map[float64][2]string{0: {"", "────"}, 0.01: {"╸", "───"}, 0.5: {"━━", "──"}, 0.99: {"━━━╸", ""}, 2: {"━━━━", ""}} {
		if full, rest := s.Bar(4, share); full != want[0] || rest != want[1] {
			t.Errorf("%v: %q %q, want %q", share, full, rest, want)
		}
	}
}
