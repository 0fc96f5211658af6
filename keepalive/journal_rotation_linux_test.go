package keepalive

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/katop/katop/conn"
)

// fill makes the journal as long as its limit, with a line that is no entry.
func fill(t *testing.T, j journal) {
	t.Helper()
	f, err := os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(strings.Repeat("x", journalLimit) + "\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// write writes the line before of a connection and, unless it is to stay open,
// the line after.
func write(t *testing.T, l *log, n int, open bool) {
	t.Helper()
	entries := []entry{someEntry(l, n, "x")}
	if !open {
		entries = append(entries, l.end(n, conn.Result{Outcome: conn.OutcomeDone}))
	}
	if err := l.write(t.Context(), entries, true); err != nil {
		t.Fatal(err)
	}
}

// next is another command in the same journal.
func next(l *log, kind conn.ActionKind, at int64) *log {
	c := New(Options{Journal: l.journal.path, Now: func() time.Time { return time.Unix(1700000000+at, 0) }})
	return c.log(kind, "")
}

func commandsOf(t *testing.T, l *log) []*command {
	t.Helper()
	text, err := l.journal.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return replay(text)
}

// The file gives way when a command begins, and never within one.
func TestJournalGivesWay(t *testing.T) {
	t.Parallel()
	l := testLog(t, conn.ActionKeepalive)
	write(t, l, 0, false)
	fill(t, l.journal)
	write(t, l, 1, false)
	if _, err := os.Stat(predecessor(l.journal.path)); !os.IsNotExist(err) {
		t.Errorf("the file gave way within a command: %v", err)
	}
	write(t, next(l, conn.ActionKeepalive, 1), 0, false)
	if info, err := os.Stat(l.journal.path); err != nil || info.Size() > 2000 {
		t.Errorf("the new file has %d bytes, %v", info.Size(), err)
	}
	if commands := commandsOf(t, l); len(commands) != 2 || len(commands[0].records) != 2 {
		t.Errorf("%d commands, want both, of either file", len(commands))
	}
}

// What is needed is not forgotten, however long the journal grows.
func TestJournalKeepsWhatIsNeeded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind, later conn.ActionKind
		open, kept  bool
	}{
		"the last that can be undone": {conn.ActionKeepalive, conn.ActionKill, false, true},
		"one before it":               {conn.ActionKeepalive, conn.ActionKeepalive, false, false},
		"a check that runs":           {conn.ActionProbe, conn.ActionKeepalive, true, true},
		"a check that is over":        {conn.ActionProbe, conn.ActionKeepalive, false, false},
	}
	for name, tt := range tests {
		l := testLog(t, tt.kind)
		write(t, l, 0, tt.open)
		for i := range int64(3) {
			fill(t, l.journal)
			write(t, next(l, tt.later, 1+i), 0, false)
		}
		if kept := commandsOf(t, l)[0].id == l.id; kept != tt.kept {
			t.Errorf("%s: kept %v, want %v", name, kept, tt.kept)
		}
	}
}

// A command of which lines are missing is not told to be taken back.
func TestBegun(t *testing.T) {
	t.Parallel()
	l := testLog(t, conn.ActionKeepalive)
	for _, n := range []int{3, 4} {
		write(t, l, n, false)
	}
	if cmd := commandsOf(t, l)[0]; cmd.begun() != 5 || len(cmd.records) != 2 {
		t.Errorf("%d of %d connections, want 2 of 5", len(cmd.records), cmd.begun())
	}
}
