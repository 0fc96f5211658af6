//go:build linux

package collector

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// procFiles reads the files of a folder of procfs into one buffer, with the
// fewest system calls: os.ReadFile asks for their size, which they do not have,
// and then reads them in small pieces.
type procFiles struct {
	folder string
	buf    *[]byte
}

// procBuffer holds the longest of the files, /proc/net/netstat, and some.
const procBuffer = 16 << 10

// Open is there for fs.FS. Nobody opens.
func (p procFiles) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
}

// ReadFile reads a file. The text is valid until the next is read.
func (p procFiles) ReadFile(name string) ([]byte, error) {
	fd, err := unix.Open(p.folder+"/"+name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	if *p.buf == nil {
		*p.buf = make([]byte, procBuffer)
	}
	text := (*p.buf)[:0]
	for {
		if len(text) == cap(text) {
			text = append(text, 0)[:len(text)]
			*p.buf = text[:cap(text)]
		}
		n, err := unix.Read(fd, text[len(text):cap(text)])
		switch {
		case err == unix.EINTR:
		case err != nil:
			return nil, &fs.PathError{Op: "read", Path: name, Err: err}
		case n == 0:
			return text, nil
		default:
			text = text[:len(text)+n]
		}
	}
}
