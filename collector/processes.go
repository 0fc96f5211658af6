//go:build linux

package collector

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// process is what one look into /proc/PID found.
type process struct {
	folder  uint64 // inode number of /proc/PID: another process of the same PID has another
	name    string
	sockets []descriptor // by fd
	refused bool         // its descriptors may not be read
	failure error        // why the last look failed, if it neither refused nor has exited
	listed  uint32       // the listing that last showed it
	yielded uint32       // the update in which it last held a socket that was looked for
}

// descriptor is an open descriptor that is a socket.
type descriptor struct {
	fd    int32
	inode uint32 // 0 once the socket is gone
}

// procfs reads a mounted /proc with few system calls and buffers that are used
// again.
type procfs struct {
	root    int // the open folder
	folder  directory
	path    []byte
	link    [64]byte
	comm    [64]byte
	sockets []descriptor
}

func openProcfs(path string) (*procfs, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &procfs{root: fd}, nil
}

func (p *procfs) close() error { return unix.Close(p.root) }

// each calls f with every process, and with the inode number of its folder.
func (p *procfs) each(f func(pid int32, folder uint64)) error {
	if _, err := unix.Seek(p.root, 0, unix.SEEK_SET); err != nil {
		return err
	}
	return p.folder.each(p.root, func(inode uint64, name []byte) {
		if pid, ok := number(name); ok {
			f(int32(pid), inode)
		}
	})
}

// errRefused: the descriptors of a process may not be seen.
var errRefused = errors.New("/proc/PID/fd may not be read")

// sight is what a look into one process saw.
type sight struct {
	name    string
	sockets []descriptor // by fd; valid until the next look
}

// look reads the name and the socket descriptors of a process, both through
// one open folder, so that they are of the same process even if the PID is
// used again meanwhile. A descriptor that before knows and known accepts is
// taken over without reading it again. The error is errRefused, one that exited
// accepts, or what katop itself lacked for the look (as EMFILE).
//
// Another user's process takes both CAP_DAC_READ_SEARCH, to open /proc/PID/fd,
// and CAP_SYS_PTRACE, to read its links; with either alone a process of UID
// 65534 sees nothing (measured on Linux 6.18). CAP_SYS_PTRACE alone is enough
// for pidfd_getfd. See fs/proc/fd.c, proc_fd_permission, and fs/proc/base.c,
// proc_fd_access_allowed.
func (p *procfs) look(pid int32, before *process, known func(inode uint32) bool) (sight, error) {
	p.path = append(strconv.AppendInt(p.path[:0], int64(pid), 10), 0)
	home, err := openat(p.root, p.path, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return sight{}, refine("open", pid, "", err)
	}
	defer func() { _ = unix.Close(home) }()
	fds, err := openat(home, []byte("fd\x00"), unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return sight{}, refine("open", pid, "/fd", err)
	}
	defer func() { _ = unix.Close(fds) }()

	p.sockets = p.sockets[:0]
	var failed error
	err = p.folder.each(fds, func(_ uint64, name []byte) {
		fd, ok := number(name)
		if !ok || failed != nil {
			return
		}
		d := descriptor{fd: int32(fd)}
		if i, found := find(before.sockets, d.fd); found && known(before.sockets[i].inode) {
			p.sockets = append(p.sockets, before.sockets[i])
			return
		}
		p.path = append(append(p.path[:0], name...), 0)
		n, err := readlinkat(fds, p.path, p.link[:])
		switch {
		case exited(err):
			// Or closed since it was listed: nothing to own.
		case err != nil:
			failed = refine("readlink", pid, "/fd", err)
		default:
			if d.inode, ok = socketInode(p.link[:n]); ok {
				p.sockets = append(p.sockets, d)
			}
		}
	})
	if failed != nil {
		return sight{}, failed
	}
	if err != nil {
		return sight{}, refine("list", pid, "/fd", err)
	}
	name, err := p.name(home, before.name)
	if err != nil {
		return sight{}, refine("read", pid, "/comm", err)
	}
	slices.SortFunc(p.sockets, func(a, b descriptor) int { return int(a.fd) - int(b.fd) })
	return sight{name: name, sockets: p.sockets}, nil
}

// name reads comm below the open /proc/PID; before is returned if it is the same.
func (p *procfs) name(home int, before string) (string, error) {
	fd, err := openat(home, []byte("comm\x00"), unix.O_RDONLY)
	if err != nil {
		return "", err
	}
	defer func() { _ = unix.Close(fd) }()
	n, err := unix.Read(fd, p.comm[:])
	if err != nil {
		return "", err
	}
	name := bytes.TrimSuffix(p.comm[:n], []byte("\n"))
	if string(name) == before {
		return before, nil
	}
	return string(name), nil
}

// holds tells whether a descriptor of a process is that socket.
func (p *procfs) holds(pid, fd int32, inode uint32) bool {
	p.path = strconv.AppendInt(p.path[:0], int64(pid), 10)
	p.path = strconv.AppendInt(append(p.path, "/fd/"...), int64(fd), 10)
	n, err := readlinkat(p.root, append(p.path, 0), p.link[:])
	if err != nil {
		return false
	}
	held, ok := socketInode(p.link[:n])
	return ok && held == inode
}

// find looks for fd in descriptors that are in order.
func find(sockets []descriptor, fd int32) (int, bool) {
	return slices.BinarySearchFunc(sockets, fd, func(d descriptor, fd int32) int { return int(d.fd) - int(fd) })
}

// socketInode reads "socket:[4711]" (net/socket.c, sockfs_dname). Inode numbers
// of inet_diag have 32 bits.
func socketInode(link []byte) (uint32, bool) {
	rest, found := bytes.CutPrefix(link, []byte("socket:["))
	if !found || !bytes.HasSuffix(rest, []byte("]")) {
		return 0, false
	}
	inode, ok := number(rest[:len(rest)-1])
	return uint32(inode), ok && inode != 0
}

// refine makes a lack of rights errRefused, and leaves it to be seen that a
// process has exited.
func refine(call string, pid int32, file string, err error) error {
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		return errRefused
	}
	return fmt.Errorf("%s /proc/%d%s: %w", call, pid, file, err)
}

// exited tells that a process, or its descriptor, is no more: ENOENT of what is
// opened, ESRCH of what was open.
func exited(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH)
}
