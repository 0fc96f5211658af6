// Package table draws a list of rows, of which only the visible ones are ever
// asked for: 100,000 rows cost what ten cost.
//
// A Table is a plain struct. It sees no messages: whoever owns it calls Move,
// Page, Toggle and the like, and prints View. The cursor and the marks belong to
// identities, not to positions, so that new data and a new order leave them on
// the same thing, and the row under the cursor on the same line of the screen.
//
//	t := table.New[conn.ID](theme, columns)
//	t.SetSize(width, height)
//	t.SetSource(rows)         // after every snapshot, sort or filter
//	t.SetSort("silent", true) // draws the arrow; sorting is the source's business
//	print(t.View())           // height lines of exactly width columns
package table
