package table

import (
	"github.com/charmbracelet/x/ansi"

	"github.com/katop/katop/theme"
)

// View is the table: height lines of exactly width columns, without a line
// break after the last. Its cost depends on the size of the screen alone.
func (t *Table[ID]) View() string {
	if t.width == 0 || t.height == 0 {
		return ""
	}
	t.pen.reset()
	t.titles()
	for line := range t.body() {
		t.pen.newline()
		switch i := t.top + line; {
		case i < t.rows:
			t.rowLine(i, line)
		case t.rows == 0 && line == t.body()/3:
			t.sentence(t.empty)
		default:
			t.pen.pad(t.blank(theme.Plain), t.width)
		}
	}
	t.pen.lift()
	return string(t.pen.buf)
}

// blank is how blanks look on ground: those of a gone row are not struck.
func (t *Table[ID]) blank(ground theme.Ground) *theme.Paint {
	return t.theme.Paint(theme.Text, ground&^theme.Gone)
}

func (t *Table[ID]) titles() {
	blank := t.blank(theme.Plain)
	x := 0
	for k, p := range t.places {
		t.pen.pad(blank, leftMargin+p.X-x)
		t.title(&t.shown[k], p.Width)
		x = leftMargin + p.X + p.Width
	}
	t.pen.pad(blank, t.width-x)
}

// title draws the title of a column. The sign of the order stands on the inner
// side, so that the title stays flush with the values.
func (t *Table[ID]) title(c *Column, width int) {
	if c.Key != t.sortKey {
		t.cell(theme.Header, theme.Plain, c.Title, c, width)
		return
	}
	sign := t.theme.Symbols.Ascending
	switch {
	case t.sorting:
		sign = t.theme.Symbols.Ellipsis
	case t.sortDesc:
		sign = t.theme.Symbols.Descending
	}
	if width == 1 {
		t.cell(theme.Sorted, theme.Plain, sign, c, width)
		return
	}
	m := measure(ansi.Truncate(c.Title, width-1, ""), width-1, &t.theme.Symbols)
	paint, blank, rest := t.theme.Paint(theme.Sorted, theme.Plain), t.blank(theme.Plain), width-1-m.width
	if c.Align == Right {
		t.pen.pad(blank, rest)
		t.pen.text(paint, sign)
		t.text(paint, m)
		return
	}
	t.text(paint, m)
	t.pen.text(paint, sign)
	t.pen.pad(blank, rest)
}

// rowLine draws row i, which is on the given line of the body.
func (t *Table[ID]) rowLine(i, line int) {
	t.row.Cells, t.row.Gone = t.row.Cells[:0], false
	if len(t.places) == 0 {
		t.pen.pad(t.blank(theme.Plain), t.width)
		return
	}
	t.source.Row(i, t.shown, &t.row)
	ground := t.ground(i)
	blank := t.blank(ground)

	t.mark(ground)
	x := 0
	for k, p := range t.places {
		t.pen.pad(blank, p.X-x)
		if k < len(t.row.Cells) {
			c := &t.row.Cells[k]
			t.cell(c.Role, ground, c.Text, &t.shown[k], p.Width)
		} else {
			t.pen.pad(blank, p.Width)
		}
		x = p.X + p.Width
	}
	t.pen.pad(blank, t.width-leftMargin-1-x)
	t.scrollBar(ground, line)
}

func (t *Table[ID]) ground(i int) theme.Ground {
	ground := theme.Plain
	if i == t.cursor {
		ground |= theme.Selected
	}
	if t.Marks() > 0 && t.IsMarked(t.source.ID(i)) {
		ground |= theme.Marked
	}
	if t.row.Gone {
		ground |= theme.Gone
	}
	return ground
}

// mark draws the sign of a marked row. It is not struck with the row: the mark
// is still there.
func (t *Table[ID]) mark(ground theme.Ground) {
	if ground&theme.Marked == 0 {
		t.pen.pad(t.blank(ground), leftMargin)
		return
	}
	t.pen.text(t.theme.Paint(theme.Mark, ground&^theme.Gone), t.theme.Symbols.Mark)
}

func (t *Table[ID]) cell(role theme.Role, ground theme.Ground, text string, c *Column, width int) {
	m := measureKeeping(text, width, c.KeepAfter, &t.theme.Symbols)
	paint, blank := t.theme.Paint(role, ground), t.blank(ground)
	if c.Align == Right {
		t.pen.pad(blank, width-m.width)
		t.text(paint, m)
		return
	}
	t.text(paint, m)
	t.pen.pad(blank, width-m.width)
}

func (t *Table[ID]) text(paint *theme.Paint, m measured) {
	t.pen.text(paint, m.text)
	if m.cut {
		t.pen.text(paint, t.theme.Symbols.Ellipsis)
	}
}

// sentence draws text in the middle of the line.
func (t *Table[ID]) sentence(text string) {
	blank := t.blank(theme.Plain)
	m := measure(text, t.width, &t.theme.Symbols)
	left := (t.width - m.width) / 2
	t.pen.pad(blank, left)
	t.text(t.theme.Paint(theme.Muted, theme.Plain), m)
	t.pen.pad(blank, t.width-m.width-left)
}
