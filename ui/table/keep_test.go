package table_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

// names is a source of one column.
type names []string

func (n names) Len() int     { return len(n) }
func (n names) ID(i int) int { return i }
func (n names) Row(i int, _ []table.Column, row *table.Row) {
	row.Add(theme.Text, n[i])
}

// TestKeepAfter cuts a name and keeps what follows its last slash.
func TestKeepAfter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"nginx/42":           "nginx/42",
		"postgres/8121":      "postg…/8121",
		"a/b/c/d/e/f/g/h/12": "a/b/c/d…/12",
		"世界世界世界/42":          "世界世…/42",
		"x/1234567890123":    "x/12345678…",
		"without-a-slash":    "without-a-…",
		"\x1b[31mred/4242":   "\uFFFD[31m…/4242",
	} {
		tab := table.New[int](newTheme(termenv.Ascii, true), []table.Column{{Key: "name", Min: 11, Ideal: 11, KeepAfter: '/'}})
		tab.SetSize(14, 2)
		tab.SetSource(names{text})
		line := strings.Split(ansi.Strip(tab.View()), "\n")[1]
		if got := strings.TrimSpace(line); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
		if w := ansi.StringWidth(line); w != 14 {
			t.Errorf("%q: the line is %d columns wide", text, w)
		}
	}
}
