package keepalive

import (
	"errors"
	"os"
	"path/filepath"
)

// rootJournal is where root's journal lies: one for all who come by sudo.
const rootJournal = "/var/lib/katop/journal.jsonl"

// JournalPath is where the journal of this user lies: below $XDG_STATE_HOME, or
// ~/.local/state where that is not set (XDG Base Directory Specification);
// root's is /var/lib/katop/journal.jsonl.
func JournalPath() (string, error) { return journalPath(os.Geteuid(), os.Getenv) }

func journalPath(uid int, getenv func(string) string) (string, error) {
	if uid == 0 {
		return rootJournal, nil
	}
	// The specification has relative paths ignored.
	if state := getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "katop", "journal.jsonl"), nil
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "katop", "journal.jsonl"), nil
	}
	return "", errors.New("no place for the journal, without which nothing is changed: set HOME or XDG_STATE_HOME")
}
