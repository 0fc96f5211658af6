package export

import (
	"io"
	"strconv"

	"github.com/katop/katop/conn"
)

// WriteResults writes what became of connections, or would become of them, as
// aligned text under a line of headings, one line each. A column in which no
// line has anything is left out.
func WriteResults(w io.Writer, results []conn.Result) error {
	names := []string{"process", "state", "local", "remote", "before", "after", "outcome", "reason"}
	written := make(settingsWritten)
	return writeLines(w, names, results, func(r *conn.Result) []string {
		return append(ends(&r.Connection), written.text(&r.Before), written.text(&r.After), outcome(r.Outcome), r.Reason)
	})
}

// WriteProbes writes what liveness checks found, as WriteResults does.
func WriteProbes(w io.Writer, results []conn.ProbeResult) error {
	names := []string{"process", "state", "local", "remote", "outcome", "answered", "unanswered", "reason"}
	return writeLines(w, names, results, func(r *conn.ProbeResult) []string {
		var answered, unanswered string
		switch r.Outcome {
		case conn.OutcomeAlive:
			answered = r.AnswerTime()
		case conn.OutcomeSilent:
			unanswered = strconv.Itoa(r.Unanswered)
		}
		return append(ends(&r.Connection), outcome(r.Outcome), answered, unanswered, r.Reason)
	})
}

// ends are the cells that say which connection it is.
func ends(c *conn.Connection) []string {
	r := &row{Connection: c}
	cells := make([]string, 0, 8) // with room for what the caller adds
	return append(cells, process(r, forReading), c.State.String(), local(r, forReading), remote(r, forReading))
}

// outcome is empty for what was not done, or is not known to be.
func outcome(o conn.Outcome) string {
	if o == conn.OutcomeUnknown {
		return ""
	}
	return o.String()
}

// settingsWritten are texts of settings: of many connections that are changed at
// once few differ, and writing them is half of what the table costs.
type settingsWritten map[conn.Keepalive]string

func (w settingsWritten) text(k *conn.Keepalive) string {
	text, ok := w[*k]
	if !ok {
		text = settings(k)
		w[*k] = text
	}
	return text
}

// settings writes a keepalive setting in full, so that a change of any part can
// be seen: "off 7200/75/9", "on 300/30/3, timeout 30s". A "~" marks one of which
// the numbers are not known.
func settings(k *conn.Keepalive) string {
	switch {
	case k.State == conn.KeepaliveUnknown:
		return ""
	case !k.ParamsKnown():
		return "~" + k.State.String()
	}
	text := k.State.String() + " " + k.Params.String()
	if k.UserTimeout > 0 {
		text += ", timeout " + k.UserTimeout.String()
	}
	return text
}

// writeLines writes one line of cells for each item under the names of the
// columns, without the columns that are empty.
func writeLines[T any](w io.Writer, names []string, items []T, line func(*T) []string) error {
	lines := make([][]string, len(items))
	filled := make([]bool, len(names))
	for i := range items {
		lines[i] = line(&items[i])
		for column, cell := range lines[i] {
			filled[column] = filled[column] || cell != ""
		}
	}
	var columns []Column
	for i, name := range names {
		if filled[i] {
			columns = append(columns, Column{name: name})
		}
	}
	t := newTable(columns, len(lines))
	cells := make([]string, 0, len(columns))
	for _, all := range lines {
		cells = cells[:0]
		for column, cell := range all {
			if filled[column] {
				cells = append(cells, conn.Printable(cell))
			}
		}
		t.add(cells)
	}
	return t.write(w)
}
