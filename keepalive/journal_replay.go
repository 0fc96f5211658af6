package keepalive

import (
	"bytes"
	"slices"
	"strings"

	"github.com/katop/katop/conn"
)

// record is one connection of a command, from its two lines.
type record struct {
	before entry
	after  *entry // nil: katop was killed before it was done
}

// command is one command of the journal.
type command struct {
	id      string
	by      *author
	records []record // by the order in which they were begun
	at      map[int]int
	action  conn.Action
}

// replay puts the lines of a journal together to the commands that they are
// about, the oldest first. Lines that are no entries are passed over.
func replay(text []byte) []*command {
	commands := make(map[string]*command)
	undone := make(map[string]bool)
	for line := range bytes.Lines(text) {
		e, ok := decodeEntry(line)
		if !ok {
			continue
		}
		if e.Complete {
			undone[e.Undoes] = true
			continue
		}
		c := commands[e.ID]
		if c == nil {
			c = &command{id: e.ID, at: make(map[int]int)}
			commands[e.ID] = c
		}
		c.add(e)
	}
	ordered := make([]*command, 0, len(commands))
	for _, c := range commands {
		if len(c.records) == 0 {
			continue // the lines before are rotated away
		}
		c.finish(undone[c.id])
		ordered = append(ordered, c)
	}
	slices.SortFunc(ordered, func(a, b *command) int { return strings.Compare(a.id, b.id) })
	return ordered
}

func (c *command) add(e entry) {
	i, begun := c.at[e.N]
	switch {
	case e.Outcome != "" && e.Through > e.N:
		c.end(&e)
	case e.Outcome != "" && begun:
		c.records[i].after = &e
	case e.Outcome == "" && !begun && e.Connection != nil && e.By != nil:
		c.at[e.N] = len(c.records)
		c.records = append(c.records, record{before: e})
	}
}

// end takes in the line after of many connections.
func (c *command) end(e *entry) {
	if e.N >= 0 && e.Through-e.N < len(c.records) {
		for n := e.N; n <= e.Through; n++ {
			if i, begun := c.at[n]; begun {
				c.records[i].after = e
			}
		}
		return
	}
	for i := range c.records {
		if n := c.records[i].before.N; e.N <= n && n <= e.Through {
			c.records[i].after = e
		}
	}
}

// begun is how many connections the command began with: they are numbered from
// 0 without a gap, so that those show that are no longer in the journal.
func (c *command) begun() int {
	n := 0
	for i := range c.records {
		n = max(n, c.records[i].before.N+1)
	}
	return n
}

// finish says what the command was and did.
func (c *command) finish(undone bool) {
	first := &c.records[0].before
	c.by = first.By
	kind, _ := conn.ParseActionKind(first.Kind)
	c.action = conn.Action{
		ID: c.id, At: first.At, Kind: kind, Undoes: first.Undoes, Undone: undone,
		By: conn.Author{
			UID: c.by.UID, User: c.by.User, SudoUID: c.by.SudoUID, SudoUser: c.by.SudoUser, PID: c.by.PID,
		},
		Results: make([]conn.Result, len(c.records)),
	}
	for i := range c.records {
		c.action.Results[i] = c.records[i].result()
	}
}

func (r *record) result() conn.Result {
	result := conn.Result{Connection: r.before.connection(), Before: r.before.Old.keepalive()}
	if r.after != nil {
		result.Outcome, _ = conn.ParseOutcome(r.after.Outcome)
		result.Reason = r.after.Reason
		result.After = r.after.New.keepalive()
		if r.after.New == nil && result.Outcome == conn.OutcomeDone {
			result.After = r.before.New.keepalive()
		}
	}
	return result
}

// set is what the command left the connection with, or was about to.
func (r *record) set() conn.Keepalive {
	if r.after != nil && r.after.New != nil {
		return r.after.New.keepalive()
	}
	return r.before.New.keepalive()
}
