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
	from, to int
	draft    draft
	text     []byte
	err      error
}

// writeAll writes the lines of n entries, after a line of their own begins. All
// cores make them, and the disk is at work meanwhile.
func writeAll(f *os.File, n int, each func(i int, d *draft)) error {
	if torn(f) {
		if _, err := f.Write([]byte{'\n'}); err != nil {
			return err
		}
	}
	parts := make([]part, workers)
	for done := 0; done < n; {
		used := 0
		for ; used < workers && done < n; used++ {
			p := &parts[used]
			p.from, p.to = done, min(n, done+encodedAtOnce)
			done = p.to
		}
		inParallel(parts[:used], func(p *part) { p.encode(each) })
		for i := range parts[:used] {
			if parts[i].err != nil {
				return parts[i].err
			}
			if _, err := f.Write(parts[i].text); err != nil {
				return err
			}
		}
		if done < n {
			// A hint alone: who wants the lines on the disk waits for them at the end.
			_ = unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
		}
	}
	return nil
}

func (p *part) encode(each func(i int, d *draft)) {
	p.text = p.text[:0]
	for i := p.from; i < p.to; i++ {
		each(i, &p.draft)
		if p.text, p.err = p.draft.entry.encode(p.text); p.err != nil {
			return
		}
		if i == p.from { // the others are about as long
			p.text = slices.Grow(p.text, (p.to-p.from)*(len(p.text)+len(p.text)/8))
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
