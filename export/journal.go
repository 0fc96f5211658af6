package export

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/katop/katop/conn"
)

// WriteJournal writes the commands of a journal as aligned text under a line of
// headings, one line each.
func WriteJournal(w io.Writer, actions []conn.Action) error {
	names := []string{"id", "at", "by", "command", "gave", "outcomes", "undo"}
	return writeLines(w, names, actions, func(a *conn.Action) []string {
		return []string{a.ID, a.At.Format(time.RFC3339), author(a.By), a.Kind.String(), gave(a), outcomes(a.Results), undo(a)}
	})
}

// author is the user, and who called sudo.
func author(by conn.Author) string {
	name := func(user string, uid uint32) string {
		if user == "" {
			return fmt.Sprint(uid)
		}
		return user
	}
	if by.SudoUser == "" {
		return name(by.User, by.UID)
	}
	return by.SudoUser + " as " + name(by.User, by.UID)
}

// gave is the setting that the connections were given, if it is one.
func gave(a *conn.Action) string {
	var all []string
	for i := range a.Results {
		if text := settings(&a.Results[i].After); text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	switch {
	case a.Kind != conn.ActionKeepalive && a.Kind != conn.ActionUndo:
		return ""
	case len(all) > 1:
		return "various"
	}
	return strings.Join(all, "")
}

// outcomes counts what became of the connections: "11 done, 1 refused".
func outcomes(results []conn.Result) string {
	var counts [conn.OutcomeNotChecked + 1]int
	for i := range results {
		counts[results[i].Outcome]++
	}
	var parts []string
	for o, n := range counts {
		if n > 0 {
			parts = append(parts, conn.Whole(n)+" "+conn.Outcome(o).String())
		}
	}
	return strings.Join(parts, ", ")
}

// undo tells whether a command can be taken back, or was, or is an undo itself.
func undo(a *conn.Action) string {
	switch {
	case a.Undoes != "":
		return "of " + a.Undoes
	case a.Undone:
		return "undone"
	case a.Undoable():
		return "can be"
	}
	return ""
}

// WriteJournalJSON writes the commands of a journal as one object. A
// connection's "outcome" is null where katop was killed before it was known.
func WriteJournalJSON(w io.Writer, actions []conn.Action) error {
	return writeObject(w, nil, "journal", actions, (*encoder).action)
}

func (e *encoder) action(a *conn.Action) {
	e.buf = append(e.buf, '{')
	e.text("id", a.ID)
	e.text("at", a.At.Format(time.RFC3339Nano))
	e.text("kind", a.Kind.String())
	e.author(a.By)
	e.textIf("undoes", a.Undoes)
	e.bool("undone", a.Undone)
	e.bool("undoable", a.Undoable())
	e.key("results")
	e.buf = append(e.buf, '[')
	for i := range a.Results {
		e.next()
		e.result(&a.Results[i], e.identity)
	}
	e.buf = append(e.buf, ']')
	e.close()
}

func (e *encoder) author(by conn.Author) {
	e.open("by")
	e.uint("uid", uint64(by.UID))
	e.textIf("user", by.User)
	e.uintIf(by.SudoUser != "", "sudo_uid", uint64(by.SudoUID))
	e.textIf("sudo_user", by.SudoUser)
	e.int("pid", int64(by.PID))
	e.close()
}
