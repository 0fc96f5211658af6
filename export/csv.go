package export

import (
	"encoding/csv"
	"io"
	"strings"

	"github.com/katop/katop/conn"
)

// WriteCSV writes the connections that order names as CSV (RFC 4180) under a
// line of headings, which have the unit of a number behind its name. Texts are
// made harmless: for a terminal as in the table, and for a spreadsheet by an
// apostrophe before what it would take for a formula.
func WriteCSV(w io.Writer, s *conn.Snapshot, order []int32, columns []Column) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = heading(c)
	}
	if err := out.Write(cells); err != nil {
		return err
	}
	for r := range rows(s, order) {
		for i, c := range columns {
			cells[i] = harmless(conn.Printable(c.cell(r, forMachines)))
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// heading is the name of a column as JSON would have it: "user_timeout_ms".
func heading(c Column) string {
	name := strings.ReplaceAll(c.name, "-", "_")
	if c.unit == "" {
		return name
	}
	return name + "_" + c.unit
}

// harmless defuses a cell that a spreadsheet would calculate. No number of
// katop's begins with a sign.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
