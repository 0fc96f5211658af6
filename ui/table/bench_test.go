package table_test

import (
	"fmt"
	"testing"

	"github.com/muesli/termenv"

	"github.com/katop/katop/ui/table"
)

var counts = []int{1_000, 10_000, 100_000}

// BenchmarkView: one frame of 200×60. It must not depend on the number of rows.
func BenchmarkView(b *testing.B) {
	for _, n := range counts {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			tab := newTable(newTheme(termenv.TrueColor, true), 200, 60, n)
			tab.Select(n / 2)
			tab.Toggle()
			b.ReportAllocs()
			for b.Loop() {
				tab.View()
			}
		})
	}
}

// BenchmarkSetSource: new rows, with the selected one near its old place, at the
// other end, and gone.
func BenchmarkSetSource(b *testing.B) {
	const n = 100_000
	turned := reversed(upTo(n))
	for name, sources := range map[string][2]table.Source[int]{
		"near": {list{ids: upTo(n)}, list{ids: upTo(n)[5:]}},
		"far":  {list{ids: upTo(n)}, list{ids: turned}},
		"gone": {list{ids: upTo(n)}, list{ids: upTo(2 * n)[n:]}},
	} {
		b.Run(fmt.Sprintf("rows=%d/%s", n, name), func(b *testing.B) {
			tab := listTable(60, upTo(n))
			tab.Select(10)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				tab.SetSource(sources[i%2])
			}
		})
	}
}
