package export

import (
	"io"
	"time"

	"github.com/katop/katop/conn"
)

// WriteResultsJSON writes what became of connections as one object. "before"
// and "after" are null where the settings were not read.
func WriteResultsJSON(w io.Writer, results []conn.Result) error {
	return writeObject(w, nil, "results", results, func(e *encoder, r *conn.Result) { e.result(r, e.connection) })
}

// WritePlanJSON writes what would become of connections, marked "dry_run":
// "outcome" is null where something would be done.
func WritePlanJSON(w io.Writer, plan []conn.Result) error {
	mark := func(e *encoder) { e.bool("dry_run", true) }
	return writeObject(w, mark, "results", plan, func(e *encoder, r *conn.Result) { e.result(r, e.connection) })
}

// WriteUndoneJSON writes what became of connections that the journal named: all
// that "connection" has is what the journal knows.
func WriteUndoneJSON(w io.Writer, results []conn.Result) error {
	return writeObject(w, nil, "results", results, func(e *encoder, r *conn.Result) { e.result(r, e.identity) })
}

// WriteProbesJSON writes what liveness checks found as one object.
// "answered_ms" is there for alive, "unanswered" for silent and "retransmits"
// for outstanding; "reset" tells that the peer answered with RST.
func WriteProbesJSON(w io.Writer, results []conn.ProbeResult) error {
	return writeObject(w, nil, "results", results, (*encoder).probe)
}

// writeObject writes one object with a list of items, each on a line of its
// own. head writes what stands before the list.
func writeObject[T any](w io.Writer, head func(*encoder), list string, items []T, each func(*encoder, *T)) error {
	e := newEncoder()
	e.buf = append(e.buf, '{')
	e.uint("schema", Schema)
	if head != nil {
		head(e)
	}
	e.key(list)
	e.buf = append(e.buf, '[')
	for i := range items {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(e.buf, '\n')
		each(e, &items[i])
		if err := e.flush(w); err != nil {
			return err
		}
	}
	e.buf = append(e.buf, "]}\n"...)
	return e.end(w)
}

func (e *encoder) result(r *conn.Result, connection func(*conn.Connection)) {
	e.buf = append(e.buf, '{')
	e.key("connection")
	connection(&r.Connection)
	e.settingsIf("before", &r.Before)
	e.settingsIf("after", &r.After)
	e.textIf("outcome", outcome(r.Outcome))
	e.textIf("reason", r.Reason)
	e.close()
}

func (e *encoder) probe(r *conn.ProbeResult) {
	e.buf = append(e.buf, '{')
	e.key("connection")
	e.connection(&r.Connection)
	e.textIf("outcome", outcome(r.Outcome))
	e.durationIf(r.Outcome == conn.OutcomeAlive, "answered_ms", r.Answered, time.Millisecond)
	e.uintIf(r.Outcome == conn.OutcomeSilent, "unanswered", uint64(r.Unanswered))
	e.uintIf(r.Outcome == conn.OutcomeOutstanding, "retransmits", uint64(r.Retransmits))
	e.bool("reset", r.Reset)
	e.textIf("reason", r.Reason)
	e.close()
}

// settingsIf writes null for a setting of which nothing is known.
func (e *encoder) settingsIf(name string, k *conn.Keepalive) {
	if k.State == conn.KeepaliveUnknown {
		e.null(name)
		return
	}
	e.open(name)
	e.settings(k)
	e.close()
}
