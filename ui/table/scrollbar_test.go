package table_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/ui/table"
)

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
		rows, top int // of the window
		want      string
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
		tab.Select(tt.top + 7) // the last line of the window
		if diff := cmp.Diff(tt.want, bar(tab)); diff != "" {
			t.Errorf("%d rows, from row %d (-want +got):\n%s", tt.rows, tt.top, diff)
		}
	}
}
