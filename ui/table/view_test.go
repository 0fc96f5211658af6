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

// words is a source of two columns with the same text in every row.
type words string

func (s words) Len() int     { return 3 }
func (s words) ID(i int) int { return i }
func (s words) Row(i int, columns []table.Column, row *table.Row) {
	row.Gone = i == 2
	for range columns {
		row.Add(theme.Warning, string(s))
	}
}

func wordTable(text string, width int, align table.Align) *table.Table[int] {
	t := table.New[int](newTheme(termenv.Ascii, true), []table.Column{
		{Key: "a", Title: text, Min: width, Ideal: width, Max: width, Align: align},
		{Key: "b", Title: "B", Min: width, Ideal: width, Max: width, Priority: 1},
	})
	t.SetSize(2*width+5, 4)
	t.SetSource(words(text))
	t.Select(1)
	return t
}

func TestCells(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		align      table.Align
		want       string // of six columns
	}{
		{"short", "ab", table.Left, "ab    "},
		{"short, right", "ab", table.Right, "    ab"},
		{"empty", "", table.Left, "      "},
		{"just fits", "abcdef", table.Left, "abcdef"},
		{"cut", "abcdefg", table.Left, "abcde…"},
		{"cut, right", "abcdefg", table.Right, "abcde…"},
		{"wide", "データ", table.Left, "データ"},
		{"wide, cut in a half", "データベース", table.Left, "デー… "},
		{"wide, cut in a half, right", "データベース", table.Right, " デー…"},
		{"combining", "cafe\u0301", table.Left, "cafe\u0301  "},
		{"combining, cut", "cafe\u0301 noir", table.Left, "cafe\u0301 …"},
		{"escape sequence", "\x1b[31m", table.Left, "\uFFFD[31m "},
		{"line break and tab", "a\n\tb", table.Left, "a\uFFFD\uFFFDb  "},
		{"C1 control", "a\u009bb", table.Left, "a\uFFFDb   "},
		{"turned writing", "a\u202eb", table.Left, "a\uFFFDb   "},
		{"invisible", "a\u200bb\u00ad", table.Left, "a\uFFFDb\uFFFD  "},
		{"broken UTF-8", "a\xffb", table.Left, "a\uFFFDb   "},
		{"a mark with nothing to stand on", "\u0301a", table.Left, "\uFFFDa    "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			view := wordTable(tt.text, 6, tt.align).View()
			checkSize(t, view, 17, 4)
			for i, line := range strings.Split(ansi.Strip(view), "\n")[1:] {
				if got := strings.TrimPrefix(line, " "); !strings.HasPrefix(got, tt.want+" ") {
					t.Errorf("line %d: %q, want %q first", i+1, got, tt.want)
				}
			}
		})
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

// FuzzCell: whatever a process calls itself, every line keeps its width and no
// sequence of its own reaches the terminal.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"nginx", "データ", "e\u0301", "\x1b]0;x\a", "👩‍👩‍👧", "🇩🇪", "\u0600", "\ufe0f", "a\u200db", "한\u1161", "\u202e", "\xc3"} {
		f.Add(s, uint8(6))
	}
	f.Fuzz(func(t *testing.T, text string, width uint8) {
		w := 1 + int(width)%40
		for _, align := range []table.Align{table.Left, table.Right} {
			view := wordTable(text, w, align).View()
			checkSize(t, view, 2*w+5, 4)
			for _, r := range ansi.Strip(view) {
				if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 {
					t.Errorf("%U reached the terminal", r)
				}
			}
		}
	})
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

// TestScrollBar: the thumb is there exactly when rows are out of sight, and at
// an end exactly when the window is.
func TestScrollBar(t *testing.T) {
	t.Parallel()
	bar := func(tab *table.Table[int]) string {
		var b strings.Builder
		for _, line := range strings.Split(ansi.Strip(tab.View()), "\n")[1:] {
			runes := []rune(line)
			b.WriteRune(runes[len(runes)-1])
		}
		return b.String()
	}
	for _, tt := range []struct {
		rows, scroll int
		want         string
	}{
		{8, 0, "        "},
		{9, 0, "┃┃┃┃┃┃┃│"},
		{9, 1, "│┃┃┃┃┃┃┃"},
		{16, 0, "┃┃┃┃││││"},
		{16, 1, "│┃┃┃┃│││"},
		{16, 4, "││┃┃┃┃││"},
		{16, 7, "│││┃┃┃┃│"},
		{16, 8, "││││┃┃┃┃"},
		{100_000, 0, "┃│││││││"},
		{100_000, 1, "│┃││││││"},
		{100_000, 99_991, "││││││┃│"},
		{100_000, 99_992, "│││││││┃"},
	} {
		tab := listTable(9, upTo(tt.rows))
		tab.Scroll(tt.scroll)
		if diff := cmp.Diff(tt.want, bar(tab)); diff != "" {
			t.Errorf("%d rows, scrolled by %d (-want +got):\n%s", tt.rows, tt.scroll, diff)
		}
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
	fresh.Scroll(-1000)
	tab.Scroll(-1000)
	tab.Select(3)
	if diff := cmp.Diff(fresh.View(), tab.View()); diff != "" {
		t.Errorf("(-fresh +used):\n%s", diff)
	}
	if diff := cmp.Diff(want, fresh.View()); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
}
