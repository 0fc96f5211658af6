package export

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/katop/katop/conn"
)

// columnGap parts two columns of the table.
const columnGap = "  "

// WriteTable writes the connections that order names as aligned text under a
// line of headings. Nothing is cut: a table for a file or a pipe has no width.
func WriteTable(w io.Writer, s *conn.Snapshot, order []int32, columns []Column) error {
	t := newTable(columns, len(order))
	cells := make([]string, len(columns))
	for r := range rows(s, order) {
		for i, c := range columns {
			cells[i] = c.readable(r)
		}
		t.add(cells)
	}
	return t.write(w)
}

// table gathers cells until the widths of all columns are known.
type table struct {
	columns []Column
	widths  []int
	cells   []string // row after row
}

// newTable begins a table of about so many lines with its headings.
func newTable(columns []Column, lines int) *table {
	t := &table{
		columns: columns,
		widths:  make([]int, len(columns)),
		cells:   make([]string, 0, (lines+1)*len(columns)),
	}
	headings := make([]string, len(columns))
	for i, c := range columns {
		headings[i] = strings.ToUpper(c.name)
	}
	t.add(headings)
	return t
}

func (t *table) add(cells []string) {
	for i, cell := range cells {
		if cell == "" {
			cell = absentMark
		}
		t.cells = append(t.cells, cell)
		t.widths[i] = max(t.widths[i], width(cell))
	}
}

func (t *table) write(w io.Writer) error {
	out := bufio.NewWriterSize(w, flushAt)
	var line []byte
	for n := 0; n < len(t.cells); n += len(t.columns) {
		line = t.appendLine(line[:0], t.cells[n:n+len(t.columns)])
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (t *table) appendLine(line []byte, cells []string) []byte {
	for i, cell := range cells {
		if i > 0 {
			line = append(line, columnGap...)
		}
		pad := t.widths[i] - width(cell)
		switch {
		case t.columns[i].number:
			line = append(appendBlanks(line, pad), cell...)
		case i == len(cells)-1:
			line = append(line, cell...)
		default:
			line = appendBlanks(append(line, cell...), pad)
		}
	}
	return append(line, '\n')
}

func appendBlanks(line []byte, n int) []byte {
	for range n {
		line = append(line, ' ')
	}
	return line
}

// width is how many columns of a terminal s takes.
func width(s string) int {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return ansi.StringWidth(s)
		}
	}
	return len(s)
}
