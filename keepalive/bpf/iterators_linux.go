package bpf

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// Iterators is the loaded iterator over descriptors. It holds two descriptors,
// of the program's link and of one map, and is for one goroutine at a time.
type Iterators struct {
	link    *link.Iter
	objects socketsObjects
	buffer  []byte
	decoder decoder
}

// bufferLen is room for what the kernel gives with one read: eight pages
// (kernel/bpf/bpf_iter.c, bpf_seq_read).
const bufferLen = 64 << 10

// Load loads the iterator and proves that it reads true. The error is
// ErrNotPermitted, ErrUnsupported or ErrUntrue, each with the reason: then the
// other path is to be taken.
func Load() (*Iterators, error) { return load(attach) }

// attach loads the program of it.
func attach(it *Iterators) error {
	if err := loadSocketsObjects(&it.objects, nil); err != nil {
		return fmt.Errorf("load the program: %w", err)
	}
	var err error
	if it.link, err = link.AttachIter(link.IterOptions{Program: it.objects.KatopSockets}); err != nil {
		return fmt.Errorf("attach iter/task_file: %w", err)
	}
	return it.objects.KatopSockets.Close() // the link keeps the program
}

func load(attach func(*Iterators) error) (*Iterators, error) {
	it := &Iterators{buffer: make([]byte, 0, bufferLen)}
	err := attach(it)
	if err != nil {
		err = kindOf(err)
	} else {
		err = it.prove()
	}
	if err != nil {
		_ = it.Close()
		return nil, err
	}
	return it, nil
}

// Close unloads the iterator.
func (it *Iterators) Close() error {
	err := it.objects.Close()
	if it.link != nil {
		err = errors.Join(it.link.Close(), err)
	}
	return err
}

// Sockets calls each for every descriptor of a TCP or MPTCP socket of every
// process that /proc shows, whatever network namespace the socket is in. The
// Socket is overwritten with the next one. Descriptors that a thread has for
// itself (CLONE_FILES) are not met, as they are not in /proc/PID/fd.
func (it *Iterators) Sockets(ctx context.Context, each func(*Socket)) error {
	if err := it.pass(ctx, func(b []byte) []byte { return it.decoder.decode(b, each) }); err != nil {
		return fmt.Errorf("read sockets by eBPF: %w", err)
	}
	return nil
}

// pass runs the iterator once and gives away what it writes; decode returns
// what it leaves for the next time.
func (it *Iterators) pass(ctx context.Context, decode func([]byte) []byte) error {
	out, err := it.link.Open()
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	return drain(ctx, out, it.buffer, decode)
}

func drain(ctx context.Context, out io.Reader, buffer []byte, decode func([]byte) []byte) error {
	rest := buffer[:0]
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := out.Read(buffer[len(rest):cap(buffer)])
		rest = buffer[:copy(buffer[:cap(buffer)], decode(buffer[:len(rest)+n]))]
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return nil
		// After a million descriptors without a record (MAX_ITER_OBJECTS).
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		default:
			return err
		}
	}
}
