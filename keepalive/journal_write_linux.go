package keepalive

import (
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// encodedAtOnce is how many entries are encoded by one core in one go, some
// 600 kB of lines.
const encodedAtOnce = 1024

// part is some entries and their lines.
type part struct {
	entries []entry
	text    []byte
	err     error
}

// writeAll writes the lines of the entries, after a line of their own begins.
// All cores encode, and the disk is at work meanwhile.
func writeAll(f *os.File, entries []entry) error {
	if torn(f) {
		if _, err := f.Write([]byte{'\n'}); err != nil {
			return err
		}
	}
	parts := make([]part, workers)
	for some := range slices.Chunk(entries, workers*encodedAtOnce) {
		n := 0
		for of := range slices.Chunk(some, encodedAtOnce) {
			parts[n].entries = of
			n++
		}
		inParallel(parts[:n], (*part).encode)
		for i := range parts[:n] {
			if parts[i].err != nil {
				return parts[i].err
			}
			if _, err := f.Write(parts[i].text); err != nil {
				return err
			}
		}
		if len(entries) > len(some) {
			// A hint alone: who wants the lines on the disk waits for them at the end.
			_ = unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
		}
	}
	return nil
}

func (p *part) encode() {
	p.text = p.text[:0]
	for i := range p.entries {
		if p.text, p.err = p.entries[i].encode(p.text); p.err != nil {
			return
		}
		if i == 0 { // the others are about as long
			p.text = slices.Grow(p.text, len(p.entries)*(len(p.text)+len(p.text)/8))
		}
	}
}

// torn tells whether the last line has no end: its writer was killed, or the
// disk was full.
func torn(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false
	}
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return err != nil || last[0] != '\n'
}
