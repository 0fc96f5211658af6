package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/katop/katop/conn"
)

const targetsHelp = `The words of FILTER are joined by blanks and must all hold; docs/filter.md has the language. A word
that begins with "-" (not) goes behind "--". No FILTER at all is refused: --all says it on purpose.`

// The states that a filter reaches without naming them. A listener is not a
// connection, and of TIME-WAIT and SYN-RECV the kernel keeps a stub alone.
const (
	// synchronized are the states behind the handshake (RFC 9293, section 3.4).
	synchronized = 1<<conn.StateEstablished | 1<<conn.StateFinWait1 | 1<<conn.StateFinWait2 |
		1<<conn.StateCloseWait | 1<<conn.StateLastAck | 1<<conn.StateClosing
	killable = synchronized | 1<<conn.StateSynSent
)

// targets says which connections a command acts on.
type targets struct {
	selection
	states conn.StateMask // in which a connection is meant
	named  conn.StateMask // of these, those that the filter names: meant in any case
	owned  bool           // only sockets that a process can hold are meant
}

// parseTargets reads the words of a filter; all stands for none of them.
func parseTargets(cmd *cobra.Command, words []string, all bool) (*targets, error) {
	text := strings.Join(words, " ")
	sel, err := parseSelection(text, defaultSort)
	switch {
	case err != nil:
		return nil, err
	case all && !sel.filter.Empty():
		return nil, usagef("--all is every connection and %q is some: give one of them", text)
	case !all && sel.filter.Empty():
		return nil, usagef("no filter: say which connections, or --all for every one; see %s --help", cmd.CommandPath())
	}
	return &targets{selection: sel, named: statesNamed(words)}, nil
}

// statesNamed are the states in the terms of a filter that ask for them.
func statesNamed(words []string) (named conn.StateMask) {
	for _, word := range strings.Fields(strings.Join(words, " ")) {
		field, values, _ := strings.Cut(word, ":")
		if !strings.EqualFold(field, "state") {
			continue
		}
		for value := range strings.SplitSeq(values, "|") {
			if s, ok := conn.ParseState(value); ok {
				named |= s.Mask()
			}
		}
	}
	return named
}

// find reads the connections and says on stderr what is left out.
func (t *targets) find(ctx context.Context, cmd *cobra.Command, deps Deps) ([]conn.Connection, *conn.Snapshot, error) {
	s, err := pollFor(ctx, deps, t.filter)
	if err != nil {
		return nil, nil, err
	}
	reportHidden(cmd.ErrOrStderr(), s)
	order := t.order(s)
	found := make([]conn.Connection, 0, len(order))
	left := leftOut{}
	for _, i := range order {
		if c := &s.Connections[i]; t.means(c) {
			found = append(found, *c)
		} else {
			left.add(c)
		}
	}
	if len(found) == 0 {
		return nil, nil, fmt.Errorf("no connection matches%s", left)
	}
	if left.total > 0 {
		warn(cmd.ErrOrStderr(), fmt.Sprintf("%d of %d are meant%s", len(found), len(found)+left.total, left))
	}
	return found, s, nil
}

func (t *targets) means(c *conn.Connection) bool {
	switch {
	case t.named.Has(c.State):
		return true
	case !t.states.Has(c.State) || c.Minisock():
		return false
	}
	return !t.owned || c.Inode != 0
}

// leftOut counts what a filter matches and the command does not mean.
type leftOut struct {
	byState [conn.MaxState + 1]int
	total   int
}

func (l *leftOut) add(c *conn.Connection) {
	l.byState[c.State]++
	l.total++
}

// String ends a sentence.
func (l leftOut) String() string {
	if l.total == 0 {
		return ""
	}
	var parts []string
	for state, n := range l.byState {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %v", n, conn.State(state)))
		}
	}
	return "; left out: " + strings.Join(parts, ", ") + " (listeners, stubs and orphans are meant only where the filter names their state, as state:listen)"
}
