package table

import "slices"

// Marks are marked identities, in the order of marking.
type Marks[ID comparable] struct {
	set   map[ID]struct{}
	order []ID
}

// MarksOf are the marks of ids, which may stand there twice. It may be called on
// any goroutine.
func MarksOf[ID comparable](ids []ID) Marks[ID] {
	m := Marks[ID]{set: make(map[ID]struct{}, len(ids)), order: make([]ID, 0, len(ids))}
	for _, id := range ids {
		m.add(id)
	}
	return m
}

func (m *Marks[ID]) add(id ID) {
	if _, known := m.set[id]; !known {
		m.set[id] = struct{}{}
		m.order = append(m.order, id)
	}
}

// Toggle marks the row under the cursor, or takes its mark away.
func (t *Table[ID]) Toggle() {
	id, ok := t.Selected()
	if !ok {
		return
	}
	if t.IsMarked(id) {
		t.KeepMarks(func(m ID) bool { return m != id })
		return
	}
	t.marks.add(id)
}

// SetMarks replaces the marks. The table keeps them.
func (t *Table[ID]) SetMarks(m Marks[ID]) { t.marks = m }

// IsMarked tells whether id is marked.
func (t *Table[ID]) IsMarked(id ID) bool {
	_, ok := t.marks.set[id]
	return ok
}

// Marked is the marked identities in the order of marking, whether or not the
// source has them now: a filter hides rows, it does not unmark them.
func (t *Table[ID]) Marked() []ID { return slices.Clone(t.marks.order) }

// Marks is the number of marked identities.
func (t *Table[ID]) Marks() int { return len(t.marks.order) }

// ClearMarks takes all marks away.
func (t *Table[ID]) ClearMarks() { t.marks = MarksOf[ID](nil) }

// KeepMarks takes away the marks of identities that are no longer alive.
func (t *Table[ID]) KeepMarks(alive func(ID) bool) {
	t.marks.order = slices.DeleteFunc(t.marks.order, func(id ID) bool {
		if alive(id) {
			return false
		}
		delete(t.marks.set, id)
		return true
	})
}
