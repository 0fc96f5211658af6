// Package export writes a snapshot, and what follows from it, for other programs
// and for paper: JSON, JSON Lines, CSV and aligned text.
//
// None of them ever holds a colour code or a control character. JSON keeps
// names as they are and writes what is not printable as \u escapes; the table
// and CSV, which have no escapes, show conn.Printable of them. What is not
// known is null in JSON and "?" in the table; what does not exist is null in JSON
// and "-" in the table. CSV has nothing for both. Neither is ever 0.
package export
