package table

import "github.com/katop/katop/theme"

// scrollBar draws the piece of the scroll bar on a line of the body.
func (t *Table[ID]) scrollBar(ground theme.Ground, line int) {
	if t.rows <= t.body() {
		t.pen.pad(t.blank(ground), 1)
		return
	}
	ground &^= theme.Gone
	if from, to := thumb(t.body(), t.rows, t.top); from <= line && line < to {
		t.pen.text(t.theme.Paint(theme.Thumb, ground), t.theme.Symbols.Thumb)
		return
	}
	t.pen.text(t.theme.Paint(theme.Rule, ground), t.theme.Symbols.Track)
}

// thumb is the half-open range of lines that stands for the visible rows, of
// body lines for rows, which are more. It touches an end of the bar only when
// the window is at that end of the rows, where there are lines enough to tell.
func thumb(body, rows, top int) (from, to int) {
	size := max(1, body*body/rows)
	room, last := body-size, rows-body
	from = (top*room + last/2) / last
	if room > 1 && top > 0 && top < last {
		from = max(1, min(from, room-1))
	}
	return from, from + size
}
