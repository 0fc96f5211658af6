package table_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/ui/table"
)

func TestFit(t *testing.T) {
	t.Parallel()
	columns := []table.Column{
		{Key: "symbol", Min: 1, Max: 1},
		{Key: "name", Min: 6, Ideal: 10, Max: 14, Flex: 1, Priority: 1},
		{Key: "address", Min: 4, Ideal: 12, Priority: 2, Whole: true},
		{Key: "note", Min: 5, Ideal: 8, Flex: 2, Priority: 3},
	}
	for _, tt := range []struct {
		name  string
		width int
		want  []table.Place
	}{
		{"nothing", 0, nil},
		{"only the symbol", 7, []table.Place{{0, 0, 1}}},
		{"name at its least", 8, []table.Place{{0, 0, 1}, {1, 2, 6}}},
		{"name grows; the address would be cut", 20, []table.Place{{0, 0, 1}, {1, 2, 14}}},
		{"address whole, name at its least", 21, []table.Place{{0, 0, 1}, {1, 2, 6}, {2, 9, 12}}},
		{"note comes", 27, []table.Place{{0, 0, 1}, {1, 2, 6}, {2, 9, 12}, {3, 22, 5}}},
		{"name is brought to its ideal before note", 31, []table.Place{{0, 0, 1}, {1, 2, 10}, {2, 13, 12}, {3, 26, 5}}},
		{"all ideal, one blank", 34, []table.Place{{0, 0, 1}, {1, 2, 10}, {2, 13, 12}, {3, 26, 8}}},
		{"all ideal, two blanks", 36, []table.Place{{0, 0, 1}, {1, 2, 10}, {2, 14, 12}, {3, 28, 8}}},
		{"flex one to two", 42, []table.Place{{0, 0, 1}, {1, 2, 12}, {2, 16, 12}, {3, 30, 12}}},
		{"name at its most", 60, []table.Place{{0, 0, 1}, {1, 2, 14}, {2, 18, 12}, {3, 32, 28}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, table.Fit(columns, tt.width)); diff != "" {
				t.Errorf("Fit(%d) (-want +got):\n%s", tt.width, diff)
			}
		})
	}
}

func TestFitCutsOnlyTheLast(t *testing.T) {
	t.Parallel()
	columns := []table.Column{
		{Key: "local", Ideal: 21, Whole: true, Priority: 2},
		{Key: "remote", Ideal: 21, Whole: true, Priority: 1},
	}
	if diff := cmp.Diff([]table.Place{{1, 0, 21}}, table.Fit(columns, 42)); diff != "" {
		t.Errorf("one address whole rather than two cut (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]table.Place{{1, 0, 9}}, table.Fit(columns, 9)); diff != "" {
		t.Errorf("the last one cut (-want +got):\n%s", diff)
	}
}

func randomColumns(r *rand.Rand) []table.Column {
	columns := make([]table.Column, 1+r.IntN(12))
	for i := range columns {
		least := r.IntN(12)
		columns[i] = table.Column{
			Min: least, Ideal: least + r.IntN(20), Flex: r.IntN(4),
			Priority: r.IntN(6), Whole: r.IntN(3) == 0,
		}
		if r.IntN(2) == 0 {
			columns[i].Max = max(1, columns[i].Ideal+r.IntN(10))
		}
	}
	return columns
}

// TestFitProperties states what Fit promises, without its way of doing it.
func TestFitProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		columns := randomColumns(r)
		width := 1 + r.IntN(250)
		places := table.Fit(columns, width)
		if len(places) == 0 {
			t.Fatalf("no column in %d: %+v", width, columns)
		}
		checkPlaces(t, columns, places, width)
		checkDropped(t, columns, places, width)
		if wider := table.Fit(columns, width+1); len(wider) < len(places) {
			t.Fatalf("%d columns in %d, but %d in %d: %+v", len(places), width, len(wider), width+1, columns)
		}
	}
}

func checkPlaces(t *testing.T, columns []table.Column, places []table.Place, width int) {
	t.Helper()
	end, last, flexible, used := -1, -1, false, 0
	for _, p := range places {
		c := columns[p.Column]
		if p.Column <= last || p.X <= end && last >= 0 {
			t.Fatalf("column %d out of order or without a gap: %+v", p.Column, places)
		}
		if p.Width < 1 || p.Width < c.Min && len(places) > 1 {
			t.Fatalf("column %d narrower than %d: %+v", p.Column, c.Min, places)
		}
		if c.Whole && p.Width < c.Ideal && len(places) > 1 {
			t.Fatalf("column %d is not whole: %+v in %d", p.Column, places, width)
		}
		if c.Max > 0 && p.Width > c.Max {
			t.Fatalf("column %d wider than %d: %+v", p.Column, c.Max, places)
		}
		flexible = flexible || c.Flex > 0 && (c.Max == 0 || p.Width < c.Max)
		end, last = p.X+p.Width, p.Column
		used = end
	}
	if used > width {
		t.Fatalf("%d columns used of %d: %+v", used, width, places)
	}
	if flexible && used < width {
		t.Fatalf("room left, but a column may grow: %+v in %d", places, width)
	}
}

// checkDropped: what was dropped matters no more than what was kept, and not
// even the most important of it would still have fitted.
func checkDropped(t *testing.T, columns []table.Column, places []table.Place, width int) {
	t.Helper()
	kept, least, most := make(map[int]bool), len(places)-1, 0
	for _, p := range places {
		c := columns[p.Column]
		kept[p.Column] = true
		most = max(most, c.Priority)
		if c.Whole {
			least += max(1, c.Ideal)
		} else {
			least += max(1, c.Min)
		}
	}
	next := -1
	for i, c := range columns {
		if kept[i] {
			continue
		}
		if c.Priority < most {
			t.Fatalf("column %d of priority %d dropped, one of %d kept", i, c.Priority, most)
		}
		if next < 0 || c.Priority < columns[next].Priority {
			next = i
		}
	}
	if next < 0 {
		return
	}
	c := columns[next]
	need := max(1, c.Min)
	if c.Whole {
		need = max(1, c.Ideal)
	}
	if least+1+need <= width {
		t.Fatalf("column %d dropped although it fits: %+v in %d", next, places, width)
	}
}
