package export

import (
	"io"
	"time"

	"github.com/katop/katop/conn"
)

// Schema is the version of the JSON. It rises with every breaking change.
const Schema = 1

// WriteJSON writes one object with the moment, the host and the connections
// that order names, in its order. Each connection stands on a line of its own.
func WriteJSON(w io.Writer, s *conn.Snapshot, order []int32) error {
	e := newEncoder()
	e.buf = append(e.buf, '{')
	e.head(s)
	e.key("connections")
	e.buf = append(e.buf, '[')
	if err := e.end(w); err != nil {
		return err
	}
	err := writeItems(w, len(order), func(e *encoder, n int) {
		if n > 0 {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(e.buf, '\n')
		e.connection(&s.Connections[order[n]])
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "]}\n")
	return err
}

// WriteJSONL writes the connections that order names alone, one to a line.
func WriteJSONL(w io.Writer, s *conn.Snapshot, order []int32) error {
	return writeItems(w, len(order), func(e *encoder, n int) {
		e.connection(&s.Connections[order[n]])
		e.buf = append(e.buf, '\n')
	})
}

// head writes what every object begins with.
func (e *encoder) head(s *conn.Snapshot) {
	e.uint("schema", Schema)
	e.moment(s)
}

// moment writes when and where it was.
func (e *encoder) moment(s *conn.Snapshot) {
	e.key("at")
	e.buf = append(e.buf, '"')
	e.buf = s.At.AppendFormat(e.buf, time.RFC3339Nano)
	e.buf = append(e.buf, '"')
	e.textIf("host", s.Host)
}
