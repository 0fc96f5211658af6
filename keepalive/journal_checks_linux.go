package keepalive

import (
	"bytes"
	"encoding/json"
)

// checkLines are lines about checks, each with its end, without those that a
// line after has settled. What replay would make of them is not changed by that,
// but for what is finished.
type checkLines struct {
	lines [][]byte       // nil: settled since
	at    map[string]int // by the key of a connection, where its line before is in lines
	key   []byte         // the last one
}

// add takes a copy of the line.
func (c *checkLines) add(line []byte) {
	begins, ok := c.keyIn(line)
	if !ok {
		c.keep(line)
		return
	}
	at, begun := c.at[string(c.key)]
	switch {
	case begins && begun: // it says nothing new
	case begins:
		c.at[string(c.key)] = len(c.lines)
		c.keep(line)
	case begun && plain(line):
		c.lines[at] = nil
	default:
		c.keep(line)
	}
}

// plain tells whether it is a line after, whole, and about one connection.
func plain(line []byte) bool {
	return bytes.Contains(line, []byte(`"outcome":`)) && !bytes.Contains(line, []byte(`"through":`)) && json.Valid(line)
}

func (c *checkLines) keep(line []byte) {
	c.lines = append(c.lines, append(bytes.Clone(line), '\n'))
}

// keyIn finds out which command and which connection a line is about, and whether
// it is the line before, without decoding it. It is not ok if the line does not
// look as encode writes it.
func (c *checkLines) keyIn(line []byte) (begins, ok bool) {
	rest, known := bytes.CutPrefix(line, []byte(`{"schema":1,"id":"`)) // entrySchema
	id, rest, timed := bytes.Cut(rest, []byte(`","at":"`))
	_, rest, numbered := bytes.Cut(rest, []byte(`","kind":"probe","n":`))
	end := bytes.IndexAny(rest, ",}")
	if !known || !timed || !numbered || end < 0 || bytes.ContainsAny(id, `"\`) {
		return false, false
	}
	c.key = append(append(append(c.key[:0], id...), ' '), rest[:end]...)
	return bytes.HasPrefix(rest[end:], []byte(`,"by":`)), true
}
