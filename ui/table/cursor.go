package table

// Cursor is the index of the row under the cursor, 0 when there are no rows.
func (t *Table[ID]) Cursor() int { return t.cursor }

// Selected is the identity of the row under the cursor; false when there are no
// rows.
func (t *Table[ID]) Selected() (ID, bool) { return t.cursorID, t.rows > 0 }

// Select puts the cursor on row i, or the nearest there is.
func (t *Table[ID]) Select(i int) {
	t.cursor = i
	t.settle()
}

// Move moves the cursor by n rows, down when n is positive.
func (t *Table[ID]) Move(n int) { t.Select(t.cursor + n) }

// Page moves the cursor by n screens of rows, less the one row that stays in
// sight, and the window with it.
func (t *Table[ID]) Page(n int) {
	step := n * max(1, t.body()-1)
	t.top += step
	t.Select(t.cursor + step)
}

// Home puts the cursor on the first row.
func (t *Table[ID]) Home() { t.Select(0) }

// End puts the cursor on the last row.
func (t *Table[ID]) End() { t.Select(t.rows - 1) }

// Visible is the half-open range of indices of the visible rows.
func (t *Table[ID]) Visible() (from, to int) {
	return t.top, min(t.top+t.body(), t.rows)
}

// VisibleIDs is the identities of the visible rows, appended to ids: those
// whose details are worth reading.
func (t *Table[ID]) VisibleIDs(ids []ID) []ID {
	from, to := t.Visible()
	for i := from; i < to; i++ {
		ids = append(ids, t.source.ID(i))
	}
	return ids
}
