package keepalive_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// A katop that keeps the journal's lock stops the others for a while only, and
// they say which it is.
func TestJournalIsHeld(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	given := []conn.Connection{ofSelf(t, dialed[0])}
	journal := filepath.Join(t.TempDir(), "journal.jsonl")
	lock, err := os.Create(journal + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	holder := fmt.Sprintf("held by another katop (PID %d)", os.Getpid())
	c := controllerAt(journal)
	if _, err := c.Apply(t.Context(), given, general, nil); err == nil || !strings.Contains(err.Error(), holder) {
		t.Errorf("%v, want an error that says %q", err, holder)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Heal(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the context's error", err)
	}
	if settingsOf(t, dialed[0]).On {
		t.Error("keepalive is on although the journal could not be written")
	}
}
