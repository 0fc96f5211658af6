package keepalive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// Read reads the settings of targets and calls each once for every one of them,
// with its index; in the order of the processes, not of the targets. An error
// is ErrGone, ErrRefused, ErrUnsupported, the context's, or what the system
// said (as EMFILE). A process that refuses is asked for its other descriptors a
// few times at most. Where there are many, each processor reads some: one pidfd
// and one duplicate is open at a time for each, and none when Read returns.
func Read(ctx context.Context, targets []Target, each func(i int, k conn.Keepalive, err error)) {
	order := make([]int, len(targets))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(targets[a].PID, targets[b].PID), cmp.Compare(targets[a].FD, targets[b].FD))
	})
	if len(order) < 2*readShare {
		readSome(ctx, targets, order, each)
		return
	}
	answers := make([]answer, len(targets))
	readInShares(ctx, targets, order, answers)
	for _, i := range order {
		each(i, answers[i].keepalive, answers[i].err)
	}
}

// readShare is how many targets are read in one go: some 5 ms.
const readShare = 1024

// answer is what was read of a target.
type answer struct {
	keepalive conn.Keepalive
	err       error
}

// readInShares fills answers, by the index of the target, on all processors.
func readInShares(ctx context.Context, targets []Target, order []int, answers []answer) {
	shares := make(chan []int, len(order)/readShare+1)
	for share := range slices.Chunk(order, readShare) {
		shares <- share
	}
	close(shares)
	var reading sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(shares)) {
		reading.Go(func() {
			for share := range shares {
				readSome(ctx, targets, share, func(i int, k conn.Keepalive, err error) { answers[i] = answer{k, err} })
			}
		})
	}
	reading.Wait()
}

// readSome reads those of targets that order names, process by process.
func readSome(ctx context.Context, targets []Target, order []int, each func(i int, k conn.Keepalive, err error)) {
	for len(order) > 0 {
		pid := targets[order[0]].PID
		n := 1
		for n < len(order) && targets[order[n]].PID == pid {
			n++
		}
		readProcess(ctx, pid, targets, order[:n], each)
		order = order[n:]
	}
}

// readProcess reads those of targets that which names: all of one process.
func readProcess(ctx context.Context, pid int32, targets []Target, which []int, each func(int, conn.Keepalive, error)) {
	pidfd, err := openProcess(ctx, pid)
	if err == nil {
		defer func() { _ = unix.Close(pidfd) }()
	}
	for _, i := range which {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			each(i, conn.Keepalive{}, err)
			continue
		}
		k, failed := readSocket(pidfd, targets[i])
		each(i, k, failed)
		if errors.Is(failed, ErrRefused) || errors.Is(failed, ErrUnsupported) {
			err = failed
		}
	}
}

func openProcess(ctx context.Context, pid int32) (int, error) {
	if err := ctx.Err(); err != nil {
		return -1, err
	}
	pidfd, err := unix.PidfdOpen(int(pid), 0)
	if err != nil {
		return -1, refine("pidfd_open", err)
	}
	return pidfd, nil
}

// readSocket holds the duplicate from pidfd_getfd, which sets FD_CLOEXEC on it,
// to close, with nothing between that can block.
func readSocket(pidfd int, t Target) (conn.Keepalive, error) {
	fd, err := unix.PidfdGetfd(pidfd, int(t.FD), 0)
	if err != nil {
		return conn.Keepalive{}, refine("pidfd_getfd", err)
	}
	k, err := readOptions(fd, t)
	_ = unix.Close(fd)
	return k, err
}

// readOptions reads the settings of fd if it is the socket that t means.
func readOptions(fd int, t Target) (conn.Keepalive, error) {
	protocol, err := identify(fd, t)
	if err != nil {
		return conn.Keepalive{}, err
	}
	return readSettings(fd, protocol)
}

// readSettings reads the settings of a socket. TCP_KEEPIDLE, TCP_KEEPINTVL and
// TCP_KEEPCNT come as they are in effect: the kernel puts in its sysctls where
// the socket has none of its own (net/ipv4/tcp.c, do_tcp_getsockopt).
func readSettings(fd, protocol int) (k conn.Keepalive, err error) {
	value := func(name string, level, option int) (n int) {
		if err != nil {
			return 0
		}
		if n, err = unix.GetsockoptInt(fd, level, option); err != nil {
			err = refine("getsockopt "+name, err)
		}
		return n
	}
	k.State = conn.KeepaliveOff
	if value("SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE) != 0 {
		k.State = conn.KeepaliveOn
	}
	k.Params.Idle = time.Duration(value("TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE)) * time.Second
	k.Params.Interval = time.Duration(value("TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL)) * time.Second
	k.Params.Count = value("TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT)
	if protocol == unix.IPPROTO_TCP { // an MPTCP socket cannot have a user timeout
		k.UserTimeout = time.Duration(value("TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)) * time.Millisecond
	}
	if err != nil {
		return conn.Keepalive{}, err
	}
	k.Source = conn.SourceRead
	return k, nil
}

// identify returns the protocol of fd if it is the socket that t means. A file
// or another socket behind the number says that the number was used again.
func identify(fd int, t Target) (protocol int, err error) {
	protocol, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	if err != nil {
		return 0, ErrGone
	}
	switch protocol {
	case unix.IPPROTO_TCP:
		cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
		if err != nil {
			return 0, refine("getsockopt SO_COOKIE", err)
		}
		if cookie == t.Cookie {
			return protocol, nil
		}
	case unix.IPPROTO_MPTCP:
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return 0, refine("fstat", err)
		}
		if t.Inode != 0 && st.Ino == uint64(t.Inode) {
			return protocol, nil
		}
	}
	return 0, ErrGone
}

// refine names the errors that a caller can do something about. ESRCH comes of
// a process that has been waited for, EBADF of a closed descriptor or of an
// exited process that has not, ENOENT (from older kernels EINVAL) of a number
// that is a thread now.
func refine(call string, err error) error {
	switch {
	case errors.Is(err, unix.ESRCH), errors.Is(err, unix.EBADF), errors.Is(err, unix.ENOENT), errors.Is(err, unix.EINVAL):
		return ErrGone
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return ErrRefused
	case errors.Is(err, unix.ENOSYS):
		return ErrUnsupported
	}
	return fmt.Errorf("%s: %w", call, err)
}
