//go:build linux

package collector

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// directory lists folders through one buffer that is used again.
type directory struct {
	buf []byte
}

// each calls f with the inode number and the name of every entry of the open
// folder fd that is not hidden by a dot. The name is valid during the call.
func (d *directory) each(fd int, f func(inode uint64, name []byte)) error {
	if d.buf == nil {
		d.buf = make([]byte, 64<<10)
	}
	for {
		n, err := unix.Getdents(fd, d.buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return err
		}
		for rest := d.buf[:n]; len(rest) > 0; {
			// struct linux_dirent64 of getdents(2): d_ino, d_off, d_reclen, d_type, d_name.
			inode := binary.NativeEndian.Uint64(rest)
			size := binary.NativeEndian.Uint16(rest[16:])
			name := rest[19:size]
			name = name[:bytes.IndexByte(name, 0)]
			rest = rest[size:]
			if name[0] != '.' {
				f(inode, name)
			}
		}
	}
}

// number reads a decimal number that is all of b.
func number(b []byte) (uint64, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}
