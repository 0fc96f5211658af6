package keepalive_test

import (
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/katop/katop/conn"
)

// Several katops write at once: every line is whole, and every change is there.
func TestJournalConcurrentWriters(t *testing.T) {
	t.Parallel()
	const writers = 4
	folder := t.TempDir()
	var outputs []io.Reader
	for range writers {
		_, stdout := start(t, roleAppend, task{Journal: filepath.Join(folder, "journal.jsonl")}, nil)
		outputs = append(outputs, stdout)
	}
	changed := 0
	for _, output := range outputs {
		var did report
		if err := json.NewDecoder(output).Decode(&did); err != nil {
			t.Fatal(err)
		}
		for _, r := range did.Applied {
			if r.Outcome == conn.OutcomeDone {
				changed++
			}
		}
	}
	text := journalOf(t, folder)
	for line := range strings.Lines(text) {
		if !json.Valid([]byte(line)) {
			t.Fatalf("a line that is not whole: %q", line)
		}
	}
	actions, err := controllerAt(filepath.Join(folder, "journal.jsonl")).Journal()
	if err != nil {
		t.Fatal(err)
	}
	if changed != writers*50 || len(actions) != changed || strings.Count(text, "\n") != 2*changed {
		t.Errorf("%d changes, %d commands and %d lines in the journal; want %d, as many, and twice as many",
			changed, len(actions), strings.Count(text, "\n"), writers*50)
	}
}
