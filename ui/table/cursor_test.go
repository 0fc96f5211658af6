package table_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

// list is a source of the identities in it.
type list struct {
	ids   []int
	asked *int
}

func (s list) Len() int { return len(s.ids) }
func (s list) ID(i int) int {
	if s.asked != nil {
		*s.asked++
	}
	return s.ids[i]
}

func (s list) Row(i int, columns []table.Column, row *table.Row) {
	for range columns {
		row.Add(theme.Text, "x")
	}
}

func upTo(n int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = i
	}
	return ids
}

func listTable(height int, ids []int) *table.Table[int] {
	t := table.New[int](newTheme(termenv.Ascii, true), columns)
	t.SetSize(80, height)
	t.SetSource(list{ids: ids})
	return t
}

// position is all that moving changes.
type position struct{ Cursor, ID, From, To int }

func at(t *table.Table[int]) position {
	id, ok := t.Selected()
	if !ok {
		id = -1
	}
	from, to := t.Visible()
	return position{t.Cursor(), id, from, to}
}

func TestMoving(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		rows int
		do   func(*table.Table[int])
		want position
	}{
		{"at first", 100, func(t *table.Table[int]) {}, position{0, 0, 0, 10}},
		{"no rows", 0, func(t *table.Table[int]) { t.Move(3) }, position{0, -1, 0, 0}},
		{"down within the window", 100, func(t *table.Table[int]) { t.Move(9) }, position{9, 9, 0, 10}},
		{"down moves the window", 100, func(t *table.Table[int]) { t.Move(10) }, position{10, 10, 1, 11}},
		{"up stops at the top", 100, func(t *table.Table[int]) { t.Move(3); t.Move(-9) }, position{0, 0, 0, 10}},
		{"up moves the window late", 100, func(t *table.Table[int]) { t.Move(20); t.Move(-9) }, position{11, 11, 11, 21}},
		{"page keeps the line", 100, func(t *table.Table[int]) { t.Move(4); t.Page(1) }, position{13, 13, 9, 19}},
		{"page and back", 100, func(t *table.Table[int]) { t.Move(4); t.Page(2); t.Page(-2) }, position{4, 4, 0, 10}},
		{"page past the end", 15, func(t *table.Table[int]) { t.Page(9) }, position{14, 14, 5, 15}},
		{"end", 100, func(t *table.Table[int]) { t.End() }, position{99, 99, 90, 100}},
		{"end and home", 100, func(t *table.Table[int]) { t.End(); t.Home() }, position{0, 0, 0, 10}},
		{"fewer rows than lines", 4, func(t *table.Table[int]) { t.End() }, position{3, 3, 0, 4}},
		{"select", 100, func(t *table.Table[int]) { t.Select(50) }, position{50, 50, 41, 51}},
		{"lower window", 100, func(t *table.Table[int]) { t.Move(9); t.SetSize(80, 6) }, position{9, 9, 5, 10}},
		{"higher window at the end", 100, func(t *table.Table[int]) { t.End(); t.SetSize(80, 21) }, position{99, 99, 80, 100}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tab := listTable(11, upTo(tt.rows))
			tt.do(tab)
			if diff := cmp.Diff(tt.want, at(tab)); diff != "" {
				t.Errorf("position (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewRows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		rows []int // after 0 to 99, with the cursor on 50 in the window 45 to 55
		want position
	}{
		{"the same", upTo(100), position{50, 50, 45, 55}},
		{"some went before it", upTo(100)[20:], position{30, 50, 25, 35}},
		{"it went", slices.Delete(upTo(100), 50, 51), position{50, 51, 45, 55}},
		{"turned round", reversed(upTo(100)), position{49, 50, 44, 54}},
		{"too near the top to keep its line", upTo(100)[48:], position{2, 50, 0, 10}},
		{"too near the end to keep its line", upTo(52), position{50, 50, 42, 52}},
		{"only it", []int{50}, position{0, 50, 0, 1}},
		{"fewer than its index", upTo(20), position{19, 19, 10, 20}},
		{"none", nil, position{0, -1, 0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tab := listTable(11, upTo(100))
			tab.Select(54)
			tab.Select(50)
			if diff := cmp.Diff(position{50, 50, 45, 55}, at(tab)); diff != "" {
				t.Fatalf("before (-want +got):\n%s", diff)
			}
			tab.SetSource(list{ids: tt.rows})
			if diff := cmp.Diff(tt.want, at(tab)); diff != "" {
				t.Errorf("position (-want +got):\n%s", diff)
			}
		})
	}
}

func reversed(ids []int) []int {
	slices.Reverse(ids)
	return ids
}

// TestRandomRows changes rows, order and size at random, moves, and holds the
// table to what was promised of the cursor.
func TestRandomRows(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	height, ids, next := 11, upTo(40), 40
	tab := listTable(height, ids)
	for step := range 20000 {
		before := at(tab)
		switch r.IntN(7) {
		case 0:
			tab.Move(r.IntN(41) - 20)
		case 1:
			tab.Page(r.IntN(5) - 2)
		case 2:
			height = r.IntN(30)
			tab.SetSize(r.IntN(100), height)
		default:
			ids, next = changed(r, ids, next)
			tab.SetSource(list{ids: ids})
			checkFollowed(t, step, before, at(tab), ids, max(1, height-1))
		}
		checkPosition(t, step, at(tab), ids, height)
	}
}

// changed is ids with some gone, some new and sometimes in another order.
func changed(r *rand.Rand, ids []int, next int) ([]int, int) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(int) bool { return r.IntN(10) == 0 })
	for range r.IntN(8) {
		ids = slices.Insert(ids, r.IntN(len(ids)+1), next)
		next++
	}
	switch r.IntN(10) {
	case 0:
		r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	case 1:
		ids = ids[:len(ids)/4]
	}
	return ids, next
}

func checkPosition(t *testing.T, step int, p position, ids []int, height int) {
	t.Helper()
	body := max(0, height-1)
	if len(ids) == 0 {
		if p != (position{0, -1, 0, 0}) {
			t.Fatalf("step %d: without rows: %+v", step, p)
		}
		return
	}
	if p.Cursor < 0 || p.Cursor >= len(ids) || ids[p.Cursor] != p.ID {
		t.Fatalf("step %d: cursor and identity differ: %+v in %v", step, p, ids)
	}
	if p.To-p.From != min(body, len(ids)) {
		t.Fatalf("step %d: the window is not full: %+v of %d rows on %d lines", step, p, len(ids), body)
	}
	if body > 0 && (p.Cursor < p.From || p.Cursor >= p.To) {
		t.Fatalf("step %d: the cursor is out of sight: %+v", step, p)
	}
}

func checkFollowed(t *testing.T, step int, before, after position, ids []int, body int) {
	t.Helper()
	i := slices.Index(ids, before.ID)
	if i < 0 {
		if want := max(0, min(before.Cursor, len(ids)-1)); after.Cursor != want {
			t.Fatalf("step %d: %d has gone, cursor at %d, want %d", step, before.ID, after.Cursor, want)
		}
		return
	}
	if after.ID != before.ID {
		t.Fatalf("step %d: cursor went from %d to %d, though %d is still there", step, before.ID, after.ID, before.ID)
	}
	line := before.Cursor - before.From
	if possible := i-line >= 0 && i-line+body <= len(ids); possible && after.From != i-line {
		t.Fatalf("step %d: on line %d, then on line %d", step, line, after.Cursor-after.From)
	}
}

func TestVisibleIDs(t *testing.T) {
	t.Parallel()
	tab := listTable(4, []int{7, 5, 3, 1, 9})
	tab.End()
	if diff := cmp.Diff([]int{0, 3, 1, 9}, tab.VisibleIDs([]int{0})); diff != "" {
		t.Errorf("appended (-want +got):\n%s", diff)
	}
	tab.SetSource(list{})
	if got := tab.VisibleIDs(nil); len(got) != 0 || tab.Len() != 0 {
		t.Errorf("without rows: %v of %d", got, tab.Len())
	}
}

// TestSearchIsCheap: a row that moved a little is found at once, and one that
// has gone costs no more than one look at every row.
func TestSearchIsCheap(t *testing.T) {
	t.Parallel()
	const n = 100_000
	asked := 0
	tab := listTable(50, upTo(n))
	tab.Select(n / 2)

	tab.SetSource(list{ids: upTo(n)[10:], asked: &asked})
	if asked > 25 {
		t.Errorf("moved by 10 rows: %d identities looked at", asked)
	}
	asked = 0
	tab.SetSource(list{ids: slices.Delete(upTo(n), n/2, n/2+1), asked: &asked})
	if asked > n+1 {
		t.Errorf("gone: %d identities looked at", asked)
	}
}
