package table_test

import (
	"regexp"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/katop/katop/internal/golden"
	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	golden.Check(t, name+".golden", got+"\n")
}

var sizes = []struct{ width, height int }{{40, 10}, {80, 24}, {120, 40}, {200, 60}}

// marked is a table with something of everything: marks, a selection that is
// marked too, rows that have gone, and more rows than fit.
func marked(th *theme.Theme, width, height int) *table.Table[int] {
	t := newTable(th, width, height, 1000)
	for _, i := range []int{1, 3, 10} {
		t.Select(i)
		t.Toggle()
	}
	t.Select(3)
	return t
}

func TestViewGolden(t *testing.T) {
	t.Parallel()
	for _, s := range sizes {
		t.Run(size(s.width, s.height), func(t *testing.T) {
			t.Parallel()
			view := marked(newTheme(termenv.TrueColor, true), s.width, s.height).View()
			checkSize(t, view, s.width, s.height)
			checkGolden(t, size(s.width, s.height), ansi.Strip(view))
		})
	}
}

func TestStyledGolden(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		profile termenv.Profile
		dark    bool
	}{
		{"truecolor-dark", termenv.TrueColor, true},
		{"truecolor-light", termenv.TrueColor, false},
		{"256-dark", termenv.ANSI256, true},
		{"16-dark", termenv.ANSI, true},
		{"no-color", termenv.Ascii, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			view := marked(newTheme(tt.profile, tt.dark), 80, 14).View()
			checkSize(t, view, 80, 14)
			checkGolden(t, "styled-"+tt.name, view)
		})
	}
}

// TestNoColour looks at the sequences themselves, whatever the golden file says.
func TestNoColour(t *testing.T) {
	t.Parallel()
	view := marked(newTheme(termenv.Ascii, true), 80, 24).View()
	harmless := regexp.MustCompile("^\x1b\\[([0-9](;[1-9])*)?m$")
	for _, sequence := range regexp.MustCompile("\x1b\\[[^a-zA-Z]*[a-zA-Z]").FindAllString(view, -1) {
		if !harmless.MatchString(sequence) {
			t.Errorf("%q", sequence)
		}
	}
}

func TestEmptyGolden(t *testing.T) {
	t.Parallel()
	view := newTable(newTheme(termenv.TrueColor, true), 80, 24, 0).View()
	checkSize(t, view, 80, 24)
	checkGolden(t, "empty", ansi.Strip(view))
}
