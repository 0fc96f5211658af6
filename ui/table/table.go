package table

import (
	"slices"

	"github.com/katop/katop/theme"
)

// Table shows the rows of a Source. ID is the identity of a row. It is not safe
// for concurrent use.
type Table[ID comparable] struct {
	theme   *theme.Theme
	columns []Column
	source  Source[ID]
	rows    int // source.Len()
	empty   string

	width, height int
	places        []Place
	shown         []Column // the columns of places

	sortKey  string
	sortDesc bool
	sorting  bool // the rows are not in that order yet

	cursor   int // index of the row under the cursor
	cursorID ID  // valid while there are rows
	top      int // index of the first visible row

	marks Marks[ID]

	row Row // reused from row to row
	pen pen // reused from frame to frame
}

// New makes an empty table.
func New[ID comparable](t *theme.Theme, columns []Column) *Table[ID] {
	return &Table[ID]{theme: t, columns: slices.Clone(columns), marks: MarksOf[ID](nil)}
}

// SetSize gives the table its place on the screen: one line of titles and
// height-1 rows. The row under the cursor stays visible.
func (t *Table[ID]) SetSize(width, height int) {
	t.width, t.height = max(0, width), max(0, height)
	t.fit()
	t.reveal()
}

// SetColumns replaces the columns.
func (t *Table[ID]) SetColumns(columns []Column) {
	t.columns = slices.Clone(columns)
	t.fit()
}

// ShownKeys is the keys of the columns that fit at the present width, from left
// to right.
func (t *Table[ID]) ShownKeys() []string {
	keys := make([]string, len(t.shown))
	for i := range t.shown {
		keys[i] = t.shown[i].Key
	}
	return keys
}

// SetSort draws the sign of the order at the title of the column key. The order
// itself is the source's.
func (t *Table[ID]) SetSort(key string, desc bool) {
	t.sortKey, t.sortDesc, t.sorting = key, desc, false
}

// SetSorting draws, at the title of the column key, that the rows are on their
// way to its order.
func (t *Table[ID]) SetSorting(key string) { t.sortKey, t.sorting = key, true }

// SetEmpty is the sentence that stands in place of the rows when there are none.
func (t *Table[ID]) SetEmpty(text string) { t.empty = text }

// SetSource shows new rows. The cursor stays on the same identity, and that on
// the same line of the screen, as far as there are enough rows around it; if it
// has gone, the cursor stays at its index. Marks stay as they are.
//
// The identity is searched from its old index outward: a row that hardly moved
// is found at once, one that has gone costs one look at every row.
func (t *Table[ID]) SetSource(s Source[ID]) {
	line, had := t.cursor-t.top, t.rows > 0
	t.source, t.rows = s, s.Len()
	if had {
		if i, ok := t.find(t.cursorID); ok {
			t.cursor, t.top = i, i-line
		}
	}
	t.settle()
}

// Len is the number of rows.
func (t *Table[ID]) Len() int { return t.rows }

// find is the index of id, looked for from the cursor outward.
func (t *Table[ID]) find(id ID) (int, bool) {
	for below, above := t.cursor, t.cursor-1; below < t.rows || above >= 0; below, above = below+1, above-1 {
		if below < t.rows && t.source.ID(below) == id {
			return below, true
		}
		if above >= 0 && above < t.rows && t.source.ID(above) == id {
			return above, true
		}
	}
	return 0, false
}

// settle brings cursor and top back into their bounds and notes whom the cursor
// is on.
func (t *Table[ID]) settle() {
	t.cursor = max(0, min(t.cursor, t.rows-1))
	t.reveal()
	if t.rows > 0 {
		t.cursorID = t.source.ID(t.cursor)
	}
}

// reveal moves the window as little as it takes to fill it with rows and to
// have the cursor in it.
func (t *Table[ID]) reveal() {
	body := max(1, t.body())
	t.top = max(t.top, t.cursor-body+1)
	t.top = min(t.top, t.cursor, t.rows-body)
	t.top = max(t.top, 0)
}

// body is the number of lines for rows.
func (t *Table[ID]) body() int { return max(0, t.height-1) }

// The margins of a line: the sign of a mark on the left; on the right a blank
// and the scroll bar.
const (
	leftMargin  = 1
	rightMargin = 2
)

func (t *Table[ID]) fit() {
	t.places = Fit(t.columns, t.width-leftMargin-rightMargin)
	t.shown = t.shown[:0]
	for _, p := range t.places {
		t.shown = append(t.shown, t.columns[p.Column])
	}
}
