package table_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

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
