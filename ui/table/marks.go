package table

import "slices"

// Toggle marks the row under the cursor, or takes its mark away.
func (t *Table[ID]) Toggle() {
	id, ok := t.Selected()
	if !ok {
		return
	}
	if t.IsMarked(id) {
		delete(t.marks, id)
		t.markOrder = slices.DeleteFunc(t.markOrder, func(m ID) bool { return m == id })
		return
	}
	t.Mark(id)
}

// Mark marks id, if it is not marked already.
func (t *Table[ID]) Mark(id ID) {
	if t.IsMarked(id) {
		return
	}
	t.marks[id] = struct{}{}
	t.markOrder = append(t.markOrder, id)
}

// IsMarked tells whether id is marked.
func (t *Table[ID]) IsMarked(id ID) bool {
	_, ok := t.marks[id]
	return ok
}

// Marked is the marked identities in the order of marking, whether or not the
// source has them now: a filter hides rows, it does not unmark them.
func (t *Table[ID]) Marked() []ID { return slices.Clone(t.markOrder) }

// Marks is the number of marked identities.
func (t *Table[ID]) Marks() int { return len(t.markOrder) }

// ClearMarks takes all marks away.
func (t *Table[ID]) ClearMarks() {
	clear(t.marks)
	t.markOrder = t.markOrder[:0]
}

// KeepMarks takes away the marks of identities that are no longer alive.
func (t *Table[ID]) KeepMarks(alive func(ID) bool) {
	t.markOrder = slices.DeleteFunc(t.markOrder, func(id ID) bool {
		if alive(id) {
			return false
		}
		delete(t.marks, id)
		return true
	})
}
