package ui

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

// listColumn is one column of a list of T.
type listColumn[T any] struct {
	table.Column
	content func(*T) (string, theme.Role) // of the column of severities the role alone
	compare func(a, b *T) int             // nil: nobody sorts by it
	known   func(*T) bool                 // nil: always; what is not known comes last both ways
}

// listOrder is the column that a list is sorted by, and how. It never changes.
type listOrder[T any] struct {
	columns    []listColumn[T]
	by         int // index of one of them
	descending bool
}

// ordered is items in their order, ready to be shown.
type ordered[T any] struct {
	items  []T
	widths []int // of the widest item of each column that is never cut; 0 for the others
}

// arrange sorts items and measures what is never cut.
func (o listOrder[T]) arrange(items []T) ordered[T] {
	o.sort(items)
	widths := make([]int, len(o.columns))
	for k := range o.columns {
		if !o.columns[k].Whole {
			continue
		}
		for i := range items {
			text, _ := o.columns[k].content(&items[i])
			widths[k] = max(widths[k], len(text))
		}
	}
	return ordered[T]{items, widths}
}

// sort puts items into the order; those that are equal stay as they are.
func (o listOrder[T]) sort(items []T) {
	slices.SortStableFunc(items, func(a, b T) int { return o.columns[o.by].order(&a, &b, o.descending) })
}

// order compares two items by the column.
func (c *listColumn[T]) order(a, b *T, descending bool) int {
	if c.known != nil {
		if ka, kb := c.known(a), c.known(b); ka != kb {
			if ka {
				return -1
			}
			return 1
		}
	}
	if descending {
		a, b = b, a
	}
	return c.compare(a, b)
}

// list is a view of something else than connections: a table with columns that
// it can be sorted by.
type list[T any, ID comparable] struct {
	*table.Table[ID]
	columns []listColumn[T]
	id      func(*T) ID
	symbol  func(theme.Role) string
	nothing string // stands in place of the items when there are none
	order   listOrder[T]
	items   []T
}

// cursor is what moves in a list.
type cursor interface {
	Move(n int)
	Page(n int)
	Home()
	End()
	Visible() (from, to int)
}

// anyList is a list, whatever is in it.
type anyList interface {
	cursor
	Len() int
	SetEmpty(text string)
	none() string
	SetSize(width, height int)
	View() string
	reverse()
	sortBeside(steps int)
}

// newList makes a list that is sorted by the column of key. Nothing stands in
// place of its items when there are none at all.
func newList[T any, ID comparable](t *theme.Theme, columns []listColumn[T], id func(*T) ID, key string, descending bool, nothing string) *list[T, ID] {
	l := &list[T, ID]{Table: table.New[ID](t, nil), columns: columns, id: id, symbol: t.Symbol, nothing: nothing}
	l.fit(nil)
	l.sortBy(slices.IndexFunc(columns, func(c listColumn[T]) bool { return c.Key == key }), descending)
	return l
}

func (l *list[T, ID]) sortBy(i int, descending bool) {
	l.order = listOrder[T]{l.columns, i, descending}
	l.SetSort(l.columns[i].Key, descending)
}

func (l *list[T, ID]) none() string { return l.nothing }

func (l *list[T, ID]) reverse() { l.sortBy(l.order.by, !l.order.descending) }

// fit gives the table its columns; those that are never cut are as wide as their
// widest item.
func (l *list[T, ID]) fit(widths []int) {
	shapes := make([]table.Column, len(l.columns))
	for i := range l.columns {
		shapes[i] = l.columns[i].Column
		if shapes[i].Whole && widths != nil {
			shapes[i].Ideal = max(shapes[i].Min, widths[i])
		}
	}
	l.SetColumns(shapes)
}

// sortBeside sorts by the column steps to the right among those that can be
// sorted by; after the last comes the first.
func (l *list[T, ID]) sortBeside(steps int) {
	i := around(l.order.by, steps, len(l.columns))
	for l.columns[i].compare == nil {
		i = around(i, cmp.Compare(steps, 0), len(l.columns))
	}
	l.sortBy(i, l.order.descending)
}

// show hands items to the table.
func (l *list[T, ID]) show(o ordered[T]) {
	l.items = o.items
	l.fit(o.widths)
	l.SetSource(listRows[T, ID]{l})
}

// chosen is the item under the cursor.
func (l *list[T, ID]) chosen() (*T, bool) {
	if l.Cursor() >= len(l.items) {
		return nil, false
	}
	return &l.items[l.Cursor()], true
}

// listRows shows a list in its table.
type listRows[T any, ID comparable] struct{ list *list[T, ID] }

func (r listRows[T, ID]) Len() int    { return len(r.list.items) }
func (r listRows[T, ID]) ID(i int) ID { return r.list.id(&r.list.items[i]) }

func (r listRows[T, ID]) Row(i int, columns []table.Column, row *table.Row) {
	for _, shown := range columns {
		for k := range r.list.columns {
			if c := &r.list.columns[k]; c.Key == shown.Key {
				text, role := c.content(&r.list.items[i])
				if c.Key == severityKey {
					text = r.list.symbol(role)
				}
				row.Add(role, text)
			}
		}
	}
}

// severityColumn is the symbol of how bad it is.
func severityColumn[T any](of func(*T) theme.Role) listColumn[T] {
	return listColumn[T]{
		Column:  table.Column{Key: severityKey, Min: 1, Ideal: 1, Max: 1},
		content: func(item *T) (string, theme.Role) { return "", of(item) },
		compare: func(a, b *T) int { return cmp.Compare(of(a), of(b)) },
	}
}

// countColumn is a number of which zero is nothing to look at.
func countColumn[T any](key, title string, priority int, role theme.Role, of func(*T) int) listColumn[T] {
	return listColumn[T]{
		Column:  table.Column{Key: key, Title: title, Min: len(title) + 1, Ideal: len(title) + 1, Priority: priority, Align: table.Right},
		content: func(item *T) (string, theme.Role) { return number(of(item), role) },
		compare: func(a, b *T) int { return cmp.Compare(of(a), of(b)) },
	}
}

// stateColumn is how many connections are in one of the states.
func stateColumn[T any](key, title string, priority int, byState func(*T) *[conn.MaxState + 1]int, states ...conn.State) listColumn[T] {
	return countColumn(key, title, priority, stateRole(states[0]), func(item *T) int {
		n := 0
		for _, s := range states {
			n += byState(item)[s]
		}
		return n
	})
}

func number(n int, role theme.Role) (string, theme.Role) {
	if n == 0 {
		return absent, theme.Faint
	}
	return strconv.Itoa(n), role
}
