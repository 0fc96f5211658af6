package export

import (
	"io"
	"strconv"
	"time"

	"github.com/katop/katop/conn"
)

// flushAt is how many bytes gather before they are written.
const flushAt = 64 << 10

// encoder appends JSON to one reused buffer. encoding/json would write the same
// fields; it reflects over every one of them, and it leaves C1 controls and
// bidirectional overrides as they are.
type encoder struct {
	buf        []byte
	thresholds conn.Thresholds
}

func newEncoder() *encoder {
	return &encoder{
		buf:        make([]byte, 0, flushAt+flushAt/4),
		thresholds: conn.DefaultThresholds(),
	}
}

// flush hands the buffer to w once it has grown large.
func (e *encoder) flush(w io.Writer) error {
	if len(e.buf) < flushAt {
		return nil
	}
	return e.end(w)
}

// end hands what is left to w.
func (e *encoder) end(w io.Writer) error {
	_, err := w.Write(e.buf)
	e.buf = e.buf[:0]
	return err
}

// next writes the comma that parts a value from the one before it.
func (e *encoder) next() {
	if n := len(e.buf); n > 0 && e.buf[n-1] != '{' && e.buf[n-1] != '[' {
		e.buf = append(e.buf, ',')
	}
}

// key writes a field's name, which needs no escapes.
func (e *encoder) key(name string) {
	b := e.buf
	if n := len(b); n > 0 && b[n-1] != '{' && b[n-1] != '[' {
		b = append(b, ',') // next would write the buffer back first
	}
	b = append(append(b, '"'), name...)
	b = append(b, '"', ':')
	e.buf = b
}

func (e *encoder) open(name string) {
	e.key(name)
	e.buf = append(e.buf, '{')
}

func (e *encoder) close() { e.buf = append(e.buf, '}') }

func (e *encoder) null(name string) {
	e.key(name)
	e.buf = append(e.buf, "null"...)
}

func (e *encoder) bool(name string, v bool) {
	e.key(name)
	e.buf = strconv.AppendBool(e.buf, v)
}

func (e *encoder) uint(name string, v uint64) {
	e.key(name)
	e.buf = strconv.AppendUint(e.buf, v, 10)
}

func (e *encoder) uintIf(known bool, name string, v uint64) {
	if !known {
		e.null(name)
		return
	}
	e.uint(name, v)
}

func (e *encoder) int(name string, v int64) {
	e.key(name)
	e.buf = strconv.AppendInt(e.buf, v, 10)
}

// durationIf writes d as a whole number of units, rounded towards zero.
func (e *encoder) durationIf(known bool, name string, d, unit time.Duration) {
	if !known {
		e.null(name)
		return
	}
	e.int(name, int64(d/unit))
}

// word writes a word of katop's own, which needs no escapes.
func (e *encoder) word(name, s string) {
	e.key(name)
	e.buf = append(append(append(e.buf, '"'), s...), '"')
}

func (e *encoder) text(name, s string) {
	e.key(name)
	e.buf = appendQuoted(e.buf, s)
}

// textIf writes null for an absent text.
func (e *encoder) textIf(name, s string) {
	if s == "" {
		e.null(name)
		return
	}
	e.text(name, s)
}
