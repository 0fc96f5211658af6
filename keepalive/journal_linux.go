package keepalive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// journal is a file of JSON Lines to which every katop of this user appends.
// Beside it lie a lock and, once it has grown to journalLimit, its predecessor,
// of which one is kept (see giveWay).
type journal struct{ path string }

// journalLimit is the size from which the file gives way to a new one when a
// command begins: some 10,000 connections changed.
const journalLimit = 8 << 20

// file is the path of the journal's file.
func (j journal) file() (string, error) {
	if j.path != "" {
		return j.path, nil
	}
	return JournalPath()
}

func predecessor(path string) string { return path + ".1" }

// append writes n entries, as each makes them, after a line of their own begins,
// while no other katop writes. If they are the first of a command, the file may
// give way to a new one before. If durable, they are on the disk when it returns.
func (j journal) append(ctx context.Context, n int, each func(i int, d *draft), first, durable bool) error {
	path, err := j.file()
	if err != nil {
		return err
	}
	if err := appendJournal(ctx, path, n, each, first, durable); err != nil {
		return fmt.Errorf("cannot write the journal, without which nothing is changed: %w", err)
	}
	return nil
}

func appendJournal(ctx context.Context, path string, n int, each func(i int, d *draft), first, durable bool) (err error) {
	unlock, err := lockJournal(ctx, path)
	if err != nil {
		return err
	}
	defer unlock()
	f, made, err := openJournal(path, first)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := writeAll(f, n, each); err != nil || !durable {
		return err
	}
	if err := f.Sync(); err != nil || !made {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// openJournal opens the file to append to it, a new one if there is none or it
// gives way. The caller holds the lock.
func openJournal(path string, first bool) (f *os.File, made bool, err error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		made = true
	case err != nil:
		return nil, false, err
	case first && info.Size() >= journalLimit:
		if made, err = giveWay(path); err != nil {
			return nil, false, err
		}
	}
	f, err = os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, false, err
	}
	// The umask may have taken bits away, and an older file may have others.
	if err := f.Chmod(0o600); err != nil {
		return nil, false, errors.Join(err, f.Close())
	}
	return f, made, nil
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
