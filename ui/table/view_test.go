package table_test

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

func TestEverySize(t *testing.T) {
	t.Parallel()
	th := newTheme(termenv.TrueColor, true)
	for _, rows := range []int{0, 1, 5, 1000} {
		tab := newTable(th, 0, 0, rows)
		tab.Toggle()
		for width := range 140 {
			for height := range 12 {
				tab.SetSize(width, height)
				checkSize(t, tab.View(), width, height)
			}
		}
	}
}

// TestASCII: where the terminal shows nothing else, nothing else is sent.
func TestASCII(t *testing.T) {
	t.Parallel()
	r := lipgloss.NewRenderer(io.Discard)
	tab := marked(theme.New(r, theme.ASCII()), 120, 20)
	tab.SetColumns(columns[1:]) // the symbols of the first are the fixture's own
	view := tab.View()
	checkSize(t, view, 120, 20)
	for _, r := range ansi.Strip(view) {
		if r > '~' {
			t.Errorf("%q", r)
		}
	}
	if !strings.Contains(view, "?????/4242") || !strings.Contains(view, "cafe?-server") {
		t.Errorf("no sign in place of what cannot be shown:\n%s", view)
	}
}

// TestOnlyVisibleRows: nothing is asked about rows out of sight.
func TestOnlyVisibleRows(t *testing.T) {
	t.Parallel()
	asked := 0
	tab := newTable(newTheme(termenv.Ascii, true), 80, 24, 0)
	tab.SetSource(connections{n: 100_000, asked: &asked})
	tab.Select(50_000)
	tab.View()
	if asked != 23 {
		t.Errorf("%d rows asked for, 23 are visible", asked)
	}
}

// TestSelectionRunsThrough: every column of the selected line is reversed, and
// no column of another.
func TestSelectionRunsThrough(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{5, 1000} {
		tab := newTable(newTheme(termenv.Ascii, true), 120, 10, rows)
		tab.Select(3)
		tab.Toggle()
		for i, line := range strings.Split(tab.View(), "\n") {
			if got, want := reversedColumns(line), 0; i != 4 && got != want {
				t.Errorf("%d rows: line %d: %d columns reversed: %q", rows, i, got, line)
			}
			if got, want := reversedColumns(line), 120; i == 4 && got != want {
				t.Errorf("%d rows: %d columns of the selected line reversed, want %d: %q", rows, got, want, line)
			}
		}
	}
}

// reversedColumns is how many columns of line are drawn between SGR 7 and the
// next reset.
func reversedColumns(line string) int {
	n := 0
	for _, run := range strings.Split(line, "\x1b[0m") {
		_, styled, _ := strings.Cut(run, "\x1b[")
		codes, text, _ := strings.Cut(styled, "m")
		if strings.Contains(";"+codes+";", ";7;") {
			n += ansi.StringWidth(text)
		}
	}
	return n
}

// TestGoneIsStruck: the texts of a gone row are struck through, the blanks
// between them are not.
func TestGoneIsStruck(t *testing.T) {
	t.Parallel()
	tab := wordTable("ab", 6, table.Left)
	line := strings.Split(tab.View(), "\n")[3]
	if want := " \x1b[2;9mab\x1b[0m      \x1b[2;9mab\x1b[0m      "; line != want {
		t.Errorf("%q, want %q", line, want)
	}
}

// silent is a source whose rows have no cells at all.
type silent struct{ list }

func (silent) Row(int, []table.Column, *table.Row) {}

func TestMissingCellsAreBlank(t *testing.T) {
	t.Parallel()
	tab := listTable(4, nil)
	tab.SetSource(silent{list{ids: upTo(2)}})
	view := tab.View()
	checkSize(t, view, 80, 4)
	_, body, _ := strings.Cut(ansi.Strip(view), "\n")
	if strings.TrimSpace(body) != "" {
		t.Errorf("%q, want blanks", body)
	}
}

// TestNeighboursShareRuns: a row of one style is one run.
func TestNeighboursShareRuns(t *testing.T) {
	t.Parallel()
	tab := wordTable("ab", 6, table.Left)
	line := strings.Split(tab.View(), "\n")[2]
	if want := "\x1b[7m ab      ab      \x1b[0m"; line != want {
		t.Errorf("%q, want %q", line, want)
	}
}

func TestSortSign(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		key  string
		desc bool
		want string
	}{
		{"name", false, "NAME▲  AGE"},
		{"name", true, "NAME▼  AGE"},
		{"age", false, "NAME  ▲AGE"},
		{"tight", true, "AGE TIG▼"},
		{"narrow", true, "TIGH ▼"},
		{"gone", true, "NAME   AGE TIGH N"},
	} {
		tab := table.New[int](newTheme(termenv.Ascii, true), []table.Column{
			{Key: "name", Title: "NAME", Min: 5},
			{Key: "age", Title: "AGE", Min: 4, Align: table.Right},
			{Key: "tight", Title: "TIGH", Min: 4},
			{Key: "narrow", Title: "N", Min: 1},
		})
		tab.SetSize(20, 3)
		tab.SetSort(tt.key, tt.desc)
		if line, _, _ := strings.Cut(ansi.Strip(tab.View()), "\n"); !strings.Contains(line, tt.want) {
			t.Errorf("sorted by %s, descending %v: %q, want %q in it", tt.key, tt.desc, line, tt.want)
		}
	}
}

// Until the rows stand in the order, its sign says that they are on their way.
func TestSortingSign(t *testing.T) {
	t.Parallel()
	tab := newTable(newTheme(termenv.Ascii, true), 120, 5, 3)
	tab.SetSort("silent", true)
	tab.SetSorting("silent")
	head, _, _ := strings.Cut(ansi.Strip(tab.View()), "\n")
	if strings.ContainsAny(head, "▲▼") || !strings.Contains(head, "…SILENT") {
		t.Errorf("the titles are %q", head)
	}
	tab.SetSort("silent", false)
	if head, _, _ := strings.Cut(ansi.Strip(tab.View()), "\n"); !strings.Contains(head, "▲SILENT") {
		t.Errorf("in order, the titles are %q", head)
	}
}

// TestDeterministic: the same table gives the same frame, whatever was drawn
// before.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	tab := marked(newTheme(termenv.TrueColor, true), 120, 40)
	want := tab.View()
	for range 50 {
		tab.SetSize(r.IntN(200), r.IntN(60))
		tab.View()
	}
	tab.SetSize(120, 40)
	fresh := marked(newTheme(termenv.TrueColor, true), 120, 40)
	for _, used := range []*table.Table[int]{fresh, tab} {
		used.Home()
		used.Select(3)
	}
	if diff := cmp.Diff(fresh.View(), tab.View()); diff != "" {
		t.Errorf("(-fresh +used):\n%s", diff)
	}
	if diff := cmp.Diff(want, fresh.View()); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
}
