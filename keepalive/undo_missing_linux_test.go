package keepalive_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// Undo takes back what the journal still has, and says what it has no longer.
func TestUndoOfWhatIsLeft(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 3)
	targets := []conn.Connection{ofSelf(t, dialed[0]), ofSelf(t, dialed[1]), ofSelf(t, dialed[2])}
	folder := t.TempDir()
	journal := filepath.Join(folder, "journal.jsonl")
	c := controllerAt(journal)
	if _, err := c.Apply(t.Context(), targets, general, nil); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(journalOf(t, folder), "\n")
	if err := os.WriteFile(journal, []byte(rest), 0o600); err != nil {
		t.Fatal(err)
	}
	results, err := c.Undo(t.Context(), "", nil)
	if err == nil || !strings.Contains(err.Error(), "1 of 3 connections are no longer in the journal") {
		t.Errorf("%v, want an error that says how many are missing", err)
	}
	if diff := cmp.Diff([]string{"done", "done"}, outcomes(results)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	actions, err := c.Journal()
	if err != nil || actions[0].Undone {
		t.Errorf("undone %v, %v; want the command not to count as taken back", actions[0].Undone, err)
	}
}
