package keepalive_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/katop/katop/conn"
)

// What the start of katop costs with a full journal that holds nothing to heal.
func BenchmarkHealNothing(b *testing.B) {
	dialed, _ := loopback(b, 1)
	folder := b.TempDir()
	journal := filepath.Join(folder, "journal.jsonl")
	c := controllerAt(journal)
	if _, err := c.Probe(b.Context(), []conn.Connection{ofSelf(b, dialed[0])}, 0, nil); err != nil {
		b.Fatal(err)
	}
	text := []byte(journalOf(b, folder))
	if err := os.WriteFile(journal, bytes.Repeat(text, (8<<20)/len(text)), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if healed, err := c.Heal(b.Context()); err != nil || len(healed) != 0 {
			b.Fatal(healed, err)
		}
	}
}
