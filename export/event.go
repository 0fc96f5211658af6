package export

import (
	"bufio"
	"io"
	"strings"
	"time"

	"github.com/katop/katop/conn"
)

// eventTime is the moment of an event, with milliseconds: several happen in one
// second.
const eventTime = "2006-01-02T15:04:05.000Z07:00"

// eventColumn is a column of the events, which are written as they happen: its
// width cannot follow from what comes. What is wider pushes its line.
type eventColumn struct {
	name  string
	width int // at least, 0 for the last
	cell  func(*conn.Event) string
}

func eventColumns() []eventColumn {
	return []eventColumn{
		{"at", len("2006-01-02T15:04:05.000+07:00"), func(e *conn.Event) string { return e.At.Format(eventTime) }},
		{"event", len("opened"), func(e *conn.Event) string { return e.Kind.String() }},
		{"cause", len("~retransmit-timeout"), cause},
		{"process", 18, func(e *conn.Event) string { return process(&row{Connection: &e.Connection}, forReading) }},
		{"local", len("255.255.255.255:65535"), func(e *conn.Event) string { return e.Connection.Local.String() }},
		{"remote", len("255.255.255.255:65535"), func(e *conn.Event) string { return e.Connection.Remote.String() }},
		{"evidence", 0, func(e *conn.Event) string { return e.Evidence }},
	}
}

// cause marks what was inferred as the table marks inferred settings.
func cause(e *conn.Event) string {
	switch {
	case e.Kind == conn.EventOpened:
		return ""
	case e.Cause == conn.CauseUnknown:
		return unknownMark
	case e.Source == conn.SourceInferred:
		return "~" + e.Cause.String()
	}
	return e.Cause.String()
}

// WriteEventHeadings writes the line of headings over what WriteEvents writes.
func WriteEventHeadings(w io.Writer) error {
	var line strings.Builder
	for _, c := range eventColumns() {
		line.WriteString(fill(strings.ToUpper(c.name), c.width))
	}
	_, err := io.WriteString(w, line.String()+"\n")
	return err
}

// WriteEvents writes the events of a snapshot that order names, one line each.
func WriteEvents(w io.Writer, s *conn.Snapshot, order []int32) error {
	out := bufio.NewWriterSize(w, flushAt)
	columns := eventColumns()
	for _, i := range order {
		for _, c := range columns {
			cell := c.cell(&s.Events[i])
			if cell == "" {
				cell = absentMark
			}
			if _, err := out.WriteString(fill(conn.Printable(cell), c.width)); err != nil {
				return err
			}
		}
		if err := out.WriteByte('\n'); err != nil {
			return err
		}
	}
	return out.Flush()
}

// fill makes a cell as wide as its column, and parts it from the next.
func fill(cell string, to int) string {
	if to == 0 {
		return cell
	}
	return cell + strings.Repeat(" ", max(0, to-width(cell))) + columnGap
}

// WriteEventsJSONL writes the events of a snapshot that order names, one object
// to a line. Reports that were lost are a line of their own, with their number.
// All lines that fit into a buffer go out in one write, so that two programs may
// append to one file.
func WriteEventsJSONL(w io.Writer, s *conn.Snapshot, order []int32) error {
	e := newEncoder()
	for _, i := range order {
		e.event(&s.Events[i])
		if err := e.flush(w); err != nil {
			return err
		}
	}
	if s.EventsDropped > 0 {
		e.eventHead(s.At, "dropped")
		e.uint("count", s.EventsDropped)
		e.buf = append(e.buf, "}\n"...)
	}
	if len(e.buf) == 0 {
		return nil
	}
	return e.end(w)
}

func (e *encoder) event(v *conn.Event) {
	ended := v.Kind != conn.EventOpened
	e.eventHead(v.At, v.Kind.String())
	if ended {
		e.text("cause", v.Cause.String())
		e.text("source", v.Source.String())
	} else {
		e.null("cause")
		e.null("source")
	}
	e.textIf("evidence", v.Evidence)
	e.key("connection")
	e.connection(&v.Connection)
	e.buf = append(e.buf, "}\n"...)
}

func (e *encoder) eventHead(at time.Time, kind string) {
	e.buf = append(e.buf, '{')
	e.uint("schema", Schema)
	e.text("at", at.Format(time.RFC3339Nano))
	e.text("event", kind)
}
