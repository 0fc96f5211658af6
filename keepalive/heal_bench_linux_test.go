package keepalive_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive"
)

// fullJournal has as many bytes of lines as one command of that kind writes, and
// nothing to heal.
func fullJournal(t testing.TB, kind conn.ActionKind, size int) *keepalive.Controller {
	t.Helper()
	dialed, _ := loopback(t, 1)
	folder := t.TempDir()
	journal := filepath.Join(folder, "journal.jsonl")
	c := controllerAt(journal)
	targets := []conn.Connection{ofSelf(t, dialed[0])}
	var err error
	if kind == conn.ActionProbe {
		_, err = c.Probe(t.Context(), targets, 0, nil)
	} else {
		_, err = c.Apply(t.Context(), targets, general, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(journalOf(t, folder))
	if err := os.WriteFile(journal, bytes.Repeat(text, size/len(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// What the start of katop costs with a full journal that holds nothing to heal:
// of checks, and after 100,000 connections were changed in bulk.
func BenchmarkHealNothing(b *testing.B) {
	for name, bb := range map[string]struct {
		kind conn.ActionKind
		size int
	}{
		"checks": {conn.ActionProbe, 8 << 20},
		"bulk":   {conn.ActionKeepalive, 57 << 20},
	} {
		b.Run(name, func(b *testing.B) {
			c := fullJournal(b, bb.kind, bb.size)
			b.ReportAllocs()
			for b.Loop() {
				if healed, err := c.Heal(b.Context()); err != nil || len(healed) != 0 {
					b.Fatal(healed, err)
				}
			}
		})
	}
}

// A start pays with no memory for what was changed before.
func TestHealForgetsChanges(t *testing.T) {
	const size, enough = 16 << 20, 1 << 20
	c := fullJournal(t, conn.ActionKeepalive, size)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if healed, err := c.Heal(t.Context()); err != nil || len(healed) != 0 {
		t.Fatal(healed, err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > enough {
		t.Errorf("a journal of %d bytes took %d of memory, want %d at most", size, took, enough)
	}
}
