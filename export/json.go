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
	for n, i := range order {
		if n > 0 {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(e.buf, '\n')
		e.connection(&s.Connections[i])
		if err := e.flush(w); err != nil {
			return err
		}
	}
	e.buf = append(e.buf, "]}\n"...)
	return e.end(w)
}

// WriteJSONL writes the connections that order names alone, one to a line.
func WriteJSONL(w io.Writer, s *conn.Snapshot, order []int32) error {
	e := newEncoder()
	for _, i := range order {
		e.connection(&s.Connections[i])
		e.buf = append(e.buf, '\n')
		if err := e.flush(w); err != nil {
			return err
		}
	}
	return e.end(w)
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
