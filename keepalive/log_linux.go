package keepalive

import (
	"context"
	"fmt"
	"time"

	"github.com/katop/katop/conn"
)

// log writes the entries of one command.
type log struct {
	journal journal
	now     func() time.Time
	id      string
	kind    conn.ActionKind
	undoes  string
	by      *author
	begun   bool // something of it is written
	records int  // connections that were begun
}

// log begins the entries of a command.
func (c *Controller) log(kind conn.ActionKind, undoes string) *log {
	by := self()
	return &log{
		journal: c.journal, now: c.now, kind: kind, undoes: undoes, by: by,
		id: fmt.Sprintf("%s-%d", c.serial.next(c.now()).Format("20060102T150405.000000"), by.PID),
	}
}

// begin is the entry of a connection before it is touched.
func (l *log) begin(n int, c *conn.Connection, owner conn.Owner, from, to *settings) entry {
	var d draft
	l.beginIn(&d, n, c, owner)
	d.entry.Old, d.entry.New = from, to
	return d.entry
}

// beginIn makes it in a draft, without settings.
func (l *log) beginIn(d *draft, n int, c *conn.Connection, owner conn.Owner) {
	d.entry = entry{Schema: entrySchema, ID: l.id, At: l.now(), Kind: l.kind.String(), N: n, By: l.by, Undoes: l.undoes}
	d.describe(c, owner)
}

// end is the entry of what became of it.
func (l *log) end(n int, r conn.Result) entry {
	e := entry{Schema: entrySchema, ID: l.id, At: l.now(), Kind: l.kind.String(), N: n, Outcome: r.Outcome.String(), Reason: r.Reason}
	if r.After != (conn.Keepalive{}) {
		e.New = settingsOf(r.After)
	}
	return e
}

// endAll are the entries of what became of them: one for each run of those that
// are as they were to be.
func (l *log) endAll(changes []*change) []entry {
	var ended []entry
	run := -1 // of ended
	for _, ch := range changes {
		plain := ch.result.Outcome == conn.OutcomeDone && ch.result.Reason == ""
		if plain && run >= 0 && ch.n == max(ended[run].N, ended[run].Through)+1 {
			ended[run].Through = ch.n
			continue
		}
		e := l.end(ch.n, *ch.result)
		if plain {
			e.New, run = nil, len(ended)
		}
		ended = append(ended, e)
	}
	return ended
}

// write appends the entries; none is nothing to do.
func (l *log) write(ctx context.Context, entries []entry, durable bool) error {
	return l.writeEach(ctx, len(entries), func(i int, d *draft) { d.entry = entries[i] }, durable)
}

// writeEach appends n entries that are made when their turn comes, by several
// goroutines.
func (l *log) writeEach(ctx context.Context, n int, each func(i int, d *draft), durable bool) error {
	if n == 0 {
		return nil
	}
	// What an undo would have forgotten may be what the next one takes back.
	first := !l.begun && l.kind != conn.ActionUndo
	l.begun = true
	return l.journal.append(ctx, n, each, first, durable)
}

// Journal lists the commands of the journal, the oldest first.
func (c *Controller) Journal() ([]conn.Action, error) {
	text, err := c.journal.read(context.Background())
	if err != nil {
		return nil, err
	}
	commands := replay(text)
	actions := make([]conn.Action, len(commands))
	for i, cmd := range commands {
		actions[i] = cmd.action
	}
	return actions, nil
}
