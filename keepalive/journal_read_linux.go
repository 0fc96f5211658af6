package keepalive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// read is the text of the journal, its predecessor's first; empty if there is
// none.
func (j journal) read(ctx context.Context) ([]byte, error) { return j.locked(ctx, readFiles) }

// checks is the text of its lines about checks that are not over. What was changed
// before, of 100,000 connections 57 MB, is passed over.
func (j journal) checks(ctx context.Context) ([]byte, error) { return j.locked(ctx, readChecks) }

// locked reads the files of the journal while nobody writes it.
func (j journal) locked(ctx context.Context, read func(names ...string) ([]byte, error)) ([]byte, error) {
	path, err := j.file()
	if err != nil {
		return nil, err
	}
	text, err := readLocked(ctx, path, read)
	if err != nil {
		return nil, fmt.Errorf("cannot read the journal: %w", err)
	}
	return text, nil
}

func readLocked(ctx context.Context, path string, read func(names ...string) ([]byte, error)) ([]byte, error) {
	lock, err := os.Open(lockFile(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // nothing was ever written
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = lock.Close() }()
	if err := flock(ctx, lock, unix.LOCK_SH); err != nil {
		return nil, err
	}
	return read(predecessor(path), path)
}

// readFiles is the text of the files, of which any may be missing. Each ends
// with a whole line.
func readFiles(names ...string) ([]byte, error) {
	var text []byte
	for _, name := range names {
		part, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if text == nil {
			text = part
		} else {
			text = append(text, part...)
		}
		if len(part) > 0 && part[len(part)-1] != '\n' {
			text = append(text, '\n')
		}
	}
	return text, nil
}

// readChecks is what readFiles gives, without the lines that are not about
// checks and those of connections of which both lines are there.
func readChecks(names ...string) ([]byte, error) {
	found := checkLines{at: make(map[string]int)}
	for _, name := range names {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = found.read(f)
			_ = f.Close()
		}
		if err != nil {
			return nil, err
		}
	}
	return bytes.Join(found.lines, nil), nil
}

// readAtOnce is how much of the journal is in memory to be looked through.
const readAtOnce = 128 << 10

// read adds the lines about checks.
func (c *checkLines) read(from io.Reader) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, readAtOnce), math.MaxInt)
	for lines.Scan() {
		if line := lines.Bytes(); aboutCheck(line) {
			c.add(line)
		}
	}
	return lines.Err()
}

// aboutCheck finds out what a line is about without decoding it. Within a text
// of JSON the quotes would be escaped.
func aboutCheck(line []byte) bool {
	const kind = `"kind":`
	// As katop writes a line, its first k is that of the kind: found ten times as fast.
	at := bytes.IndexByte(line, 'k') - 1
	if at < 0 || !bytes.HasPrefix(line[at:], []byte(kind)) {
		at = bytes.Index(line, []byte(kind))
	}
	return at >= 0 && bytes.HasPrefix(line[at+len(kind):], []byte(`"probe"`))
}
