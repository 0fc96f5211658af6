package table

import (
	"cmp"
	"slices"
)

// Place is where one column is drawn.
type Place struct {
	Column int // index into the columns given to Fit
	X      int // of its first cell
	Width  int
}

// The blanks between two columns.
const (
	narrow = 1
	wide   = 2
)

// Fit lays columns out in width, in their order. Where they do not all fit, the
// ones with the highest Priority are dropped, of equals the one further right;
// only the last that is left may be cut. Spare room brings columns to their
// Ideal in order of Priority, then puts two blanks between them instead of one,
// and then widens those that have Flex.
func Fit(columns []Column, width int) []Place {
	if width <= 0 || len(columns) == 0 {
		return nil
	}
	places := make([]Place, len(columns))
	for i := range columns {
		places[i] = Place{Column: i, Width: columns[i].least()}
	}
	for len(places) > 1 && total(columns, places, narrow) > width {
		drop := leastImportant(columns, places)
		places = slices.Delete(places, drop, drop+1)
	}
	if len(places) == 1 {
		places[0].Width = min(places[0].Width, width)
	}
	idealize(columns, places, width-total(columns, places, narrow))
	gap := narrow
	if total(columns, places, wide) <= width {
		gap = wide
	}
	flex(columns, places, width-total(columns, places, gap))

	x := 0
	for i := range places {
		places[i].X = x
		x += places[i].Width + columns[places[i].Column].gapAfter(gap)
	}
	return places
}

// total is the width of places with the gaps between them.
func total(columns []Column, places []Place, gap int) int {
	sum := 0
	for i, p := range places {
		sum += p.Width
		if i < len(places)-1 {
			sum += columns[p.Column].gapAfter(gap)
		}
	}
	return sum
}

// leastImportant is the index of the place to drop next.
func leastImportant(columns []Column, places []Place) int {
	least := 0
	for i, p := range places {
		if columns[p.Column].Priority >= columns[places[least].Column].Priority {
			least = i
		}
	}
	return least
}

// idealize brings places to the Ideal of their columns, as far as spare goes.
func idealize(columns []Column, places []Place, spare int) {
	ranked := make([]*Place, len(places))
	for i := range places {
		ranked[i] = &places[i]
	}
	slices.SortStableFunc(ranked, func(a, b *Place) int {
		return cmp.Compare(columns[a.Column].Priority, columns[b.Column].Priority)
	})
	for _, p := range ranked {
		more := min(max(0, columns[p.Column].ideal()-p.Width), spare)
		p.Width += more
		spare -= more
	}
}

// flex hands spare out one by one, each to the column that has had the least in
// proportion to its Flex: so no column loses when the terminal gets wider.
func flex(columns []Column, places []Place, spare int) {
	had := make([]int, len(places))
	for ; spare > 0; spare-- {
		next := -1
		for i, p := range places {
			c := &columns[p.Column]
			if !c.mayGrow(p.Width) {
				continue
			}
			if next < 0 || had[i]*columns[places[next].Column].Flex < had[next]*c.Flex {
				next = i
			}
		}
		if next < 0 {
			return
		}
		had[next]++
		places[next].Width++
	}
}
