package table

import "github.com/katop/katop/theme"

// Source is what a table shows. It must not change while the table has it,
// except by SetSource.
type Source[ID comparable] interface {
	Len() int
	// ID is the identity of row i. It is called often: keep it cheap.
	ID(i int) ID
	// Row fills in row i, which is visible: it appends to row.Cells one cell for
	// each of columns, the ones that are shown, from left to right.
	Row(i int, columns []Column, row *Row)
}

// Row is one row to be drawn.
type Row struct {
	Cells []Cell
	Gone  bool // what it shows is no longer there: drawn faint and struck through
}

// Add appends a cell.
func (r *Row) Add(role theme.Role, text string) {
	r.Cells = append(r.Cells, Cell{Text: text, Role: role})
}

// Cell is one text and what it means. Text is plain: a control character in it
// reaches the terminal as a visible sign only.
type Cell struct {
	Text string
	Role theme.Role
}
