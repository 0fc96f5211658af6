package keepalive

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

func TestJournalPath(t *testing.T) {
	t.Parallel()
	tests := []struct {
		uid         int
		state, home string
		want        string
	}{
		{0, "/somewhere", "/root", "/var/lib/katop/journal.jsonl"},
		{1000, "", "/home/ann", "/home/ann/.local/state/katop/journal.jsonl"},
		{1000, "/data/state", "/home/ann", "/data/state/katop/journal.jsonl"},
		{1000, "relative", "/home/ann", "/home/ann/.local/state/katop/journal.jsonl"},
		{1000, "", "", ""},
	}
	for _, tt := range tests {
		environment := map[string]string{"XDG_STATE_HOME": tt.state, "HOME": tt.home}
		got, err := journalPath(tt.uid, func(name string) string { return environment[name] })
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%+v: %q, %v", tt, got, err)
		}
	}
}

// testLog is a command in a new journal.
func testLog(t testing.TB, kind conn.ActionKind) *log {
	t.Helper()
	path := filepath.Join(t.TempDir(), "katop", "journal.jsonl")
	c := New(Options{Journal: path, Now: func() time.Time { return time.Unix(1700000000, 0) }})
	return c.log(kind, "")
}

func someEntry(l *log, n int, name string) entry {
	owner := conn.Owner{PID: 7, FD: 3, Name: name}
	return l.begin(n, &conn.Connection{Cookie: uint64(n)}, owner, &settings{Idle: 7200}, &settings{On: true, Idle: 300})
}

func TestJournalIsPrivate(t *testing.T) {
	t.Parallel()
	l := testLog(t, conn.ActionKeepalive)
	// An older folder and file that others could read.
	folder := filepath.Dir(l.journal.path)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.journal.path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := l.write(t.Context(), []entry{someEntry(l, 0, "x")}, true); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{
		folder: 0o700 | os.ModeDir, l.journal.path: 0o600, lockFile(l.journal.path): 0o600,
	} {
		if info, err := os.Lstat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

func TestJournalFollowsNoLink(t *testing.T) {
	t.Parallel()
	l := testLog(t, conn.ActionKeepalive)
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(l.journal.path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, l.journal.path); err != nil {
		t.Fatal(err)
	}
	if err := l.write(t.Context(), []entry{someEntry(l, 0, "x")}, true); err == nil {
		t.Error("the journal was written through a link")
	}
	if text, _ := os.ReadFile(victim); string(text) != "precious" {
		t.Errorf("the link's target reads %q", text)
	}
}

// A line torn by a crash is passed over, and the next one begins a line of its
// own.
func TestJournalAfterCrash(t *testing.T) {
	t.Parallel()
	l := testLog(t, conn.ActionKeepalive)
	if err := l.write(t.Context(), []entry{someEntry(l, 0, "first"), someEntry(l, 1, "torn")}, true); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(l.journal.path)
	if err != nil {
		t.Fatal(err)
	}
	second := bytes.IndexByte(whole, '\n') + 1
	for _, cut := range []int{1, 2, 100, len(whole) - second - 1} {
		if err := os.WriteFile(l.journal.path, whole[:len(whole)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := l.write(t.Context(), []entry{someEntry(l, 2, "next")}, true); err != nil {
			t.Fatal(err)
		}
		text, err := l.journal.read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range replay(text)[0].records {
			names = append(names, r.before.Owner.Name)
		}
		want := []string{"first", "next"}
		if cut == 1 {
			want = []string{"first", "torn", "next"} // nothing but its end is missing
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("cut by %d (-want +got)\n%s", cut, diff)
		}
	}
}

// Processes choose their names: none can write a line of its own.
func TestJournalNames(t *testing.T) {
	t.Parallel()
	l := testLog(t, conn.ActionKeepalive)
	for i, name := range []string{"a\nb", "\x1b[31mred", "\"}\n{\"schema\":1", "\xff\xfe", "\u2028"} {
		if err := l.write(t.Context(), []entry{someEntry(l, i, name)}, false); err != nil {
			t.Fatal(err)
		}
	}
	text, err := l.journal.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(text, []byte("\n")); lines != 5 {
		t.Errorf("%d lines, want 5", lines)
	}
	if bytes.ContainsAny(text, "\x1b\xff") {
		t.Errorf("a name came through as it is: %q", text)
	}
	if records := replay(text)[0].records; len(records) != 5 || records[0].before.Owner.Name != "a\nb" {
		t.Errorf("%d records, want 5", len(records))
	}
}

// Commands within one tick of the clock have different IDs, in order.
func TestCommandIDs(t *testing.T) {
	t.Parallel()
	c := New(Options{Now: func() time.Time { return time.Unix(1700000000, 0) }})
	last := ""
	for range 100 {
		id := c.log(conn.ActionKill, "").id
		if id <= last {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
}

func TestAuthorLives(t *testing.T) {
	t.Parallel()
	me := self()
	if !me.living() {
		t.Errorf("%+v does not live", me)
	}
	for name, other := range map[string]author{
		"another boot":       {PID: me.PID, Started: me.Started, Boot: "x"},
		"a PID used again":   {PID: me.PID, Started: me.Started + 1, Boot: me.Boot},
		"no process":         {PID: 1 << 30, Started: me.Started, Boot: me.Boot},
		"not even a process": {Boot: me.Boot},
	} {
		if other.living() {
			t.Errorf("%s lives", name)
		}
	}
}

// An entry comes back as it was written.
func TestEntryRoundTrip(t *testing.T) {
	t.Parallel()
	l := testLog(t, conn.ActionProbe)
	e := someEntry(l, 3, "name")
	e.At = e.At.UTC()
	line, err := e.encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := decodeEntry(line)
	if diff := cmp.Diff(e, got, cmp.AllowUnexported(entry{}), cmp.Comparer(sameText)); !ok || diff != "" {
		t.Errorf("(-written +read)\n%s", diff)
	}
	for _, line := range []string{"", "{}", "null", "[]", `{"schema":2,"id":"x"}`, `{"schema":1}`, string(line[:len(line)/2])} {
		if e, ok := decodeEntry([]byte(line)); ok {
			t.Errorf("%q was taken for %+v", line, e)
		}
	}
}

// sameText compares addresses: those that are not valid are not equal in memory
// when they have been read.
func sameText(a, b fmt.Stringer) bool { return a.String() == b.String() }

// Those that are done as they were to be share a line, and come back as if each
// had its own.
func TestEndAll(t *testing.T) {
	t.Parallel()
	l := testLog(t, conn.ActionKeepalive)
	outcomes := []conn.Outcome{
		conn.OutcomeDone, conn.OutcomeDone, conn.OutcomeGone, conn.OutcomeDone, conn.OutcomeDone,
		conn.OutcomeDone, conn.OutcomeDiffers, conn.OutcomeDiffers, conn.OutcomeDone,
	}
	var begun []entry
	var changes []*change
	for n, o := range outcomes {
		begun = append(begun, someEntry(l, n, "x"))
		r := conn.Result{Outcome: o}
		switch o {
		case conn.OutcomeDone:
			r.After = begun[n].New.keepalive()
		case conn.OutcomeDiffers:
			r.After, r.Reason = (&settings{On: true, Idle: 999}).keepalive(), "it reads otherwise"
		}
		changes = append(changes, &change{n: n, result: &r})
	}
	ended := l.endAll(changes)
	if len(ended) != 6 {
		t.Errorf("%d lines after, want 6", len(ended))
	}
	if err := l.write(t.Context(), slices.Concat(begun, ended), true); err != nil {
		t.Fatal(err)
	}
	commands := commandsOf(t, l)
	for n, got := range commands[0].action.Results {
		want := changes[n].result
		if got.Outcome != want.Outcome || got.After != want.After || got.Reason != want.Reason {
			t.Errorf("%d: %v %v %q, want %v %v %q", n, got.Outcome, got.After, got.Reason, want.Outcome, want.After, want.Reason)
		}
	}
	if undone := commands[0].reversed(); len(undone) != 8 {
		t.Errorf("%d to be undone, want all but the one that was gone", len(undone))
	}
}

func FuzzReplay(f *testing.F) {
	l := testLog(f, conn.ActionKeepalive)
	one := someEntry(l, 0, "name")
	text, err := one.encode(nil)
	if err != nil {
		f.Fatal(err)
	}
	end := l.end(0, conn.Result{Outcome: conn.OutcomeDone})
	both, err := end.encode(text)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(both)
	f.Add(both[:len(both)-10])
	f.Add(bytes.Repeat(both, 3))
	f.Add(append(text, `{"schema":1,"id":"`+l.id+`","n":-9000000000000000000,"through":9000000000000000000,"outcome":"done"}`...))
	f.Add([]byte("\n\n{}\n" + `{"schema":1,"id":"a","kind":"undo","undoes":"b","complete":true}`))
	f.Add([]byte(`{"schema":1,"id":"a","n":-1,"by":{},"connection":{"local":"1.2.3.4:5"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		commands := replay(text)
		for i, cmd := range commands {
			if len(cmd.records) == 0 || len(cmd.records) != len(cmd.action.Results) {
				t.Errorf("a command of %d records and %d results", len(cmd.records), len(cmd.action.Results))
			}
			if i > 0 && commands[i-1].id >= cmd.id {
				t.Errorf("%q after %q", cmd.id, commands[i-1].id)
			}
			_ = cmd.reversed()
		}
		if _, err := lastUndoable(commands, ""); err == nil && len(commands) == 0 {
			t.Error("something to undo in nothing")
		}
	})
}
