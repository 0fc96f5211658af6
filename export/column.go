package export

import (
	"strconv"
	"time"

	"github.com/katop/katop/conn"
)

// Column is one column of the table and of CSV.
type Column struct {
	name   string // as the user chooses it
	unit   string // of the bare number that CSV has, "" for text and counts
	number bool   // aligned to the right
	cell   func(r *row, f form) string
	hidden func(r *row) bool // whether an empty cell stands for what could not be learnt; nil: never
}

// What the table has for an empty cell, as the monitor has.
const (
	absentMark  = "-" // the value does not exist
	unknownMark = "?" // it could not be learnt
)

// unknownWhere makes an empty cell an unknown one where hidden says so, and one
// whose value does not exist elsewhere.
func (c Column) unknownWhere(hidden func(*row) bool) Column {
	c.hidden = hidden
	return c
}

// readable is the cell of the table.
func (c Column) readable(r *row) string {
	cell := c.cell(r, forReading)
	switch {
	case cell != "":
		return conn.Printable(cell)
	case c.hidden != nil && c.hidden(r):
		return unknownMark
	}
	return absentMark
}

// form says for whom a cell is written.
type form uint8

const (
	forReading  form = iota // the table: durations as "6m12s", counts as "1/3"
	forMachines             // CSV: bare numbers in the column's unit
)

// text makes a column of a text; empty: there is none, or it is not known.
func text(name string, of func(*row) string) Column {
	return Column{name: name, cell: func(r *row, _ form) string { return of(r) }}
}

// count makes a column of a whole number.
func count(name string, of func(*row) (uint64, bool)) Column {
	return Column{name: name, number: true, cell: func(r *row, _ form) string {
		n, known := of(r)
		if !known {
			return ""
		}
		return strconv.FormatUint(n, 10)
	}}
}

// span makes a column of a duration, which CSV has as a whole number of unit.
func span(name, suffix string, unit time.Duration, of func(*row) (time.Duration, bool)) Column {
	return Column{name: name, unit: suffix, number: true, cell: func(r *row, f form) string {
		d, known := of(r)
		switch {
		case !known:
			return ""
		case f == forReading || d == conn.Never:
			return conn.Span(d)
		}
		return strconv.FormatInt(int64(d/unit), 10)
	}}
}
