package bpf

import (
	"context"
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// Setter looks at many sockets of one network namespace, and sets their
// keepalive options: those of the thread that calls. It is for one goroutine at
// a time.
type Setter struct {
	link    *link.Iter
	objects setObjects
	buffer  []byte
	decoder decoder
	told    []uint64 // the cookies of all Looks since Forget
}

// LoadSetter loads a Setter for up to size sockets at once, and proves that what
// it looks at is true. Its errors are of the kinds of Load's.
func LoadSetter(size int) (*Setter, error) {
	s := &Setter{buffer: make([]byte, 0, bufferLen)}
	err := s.attach(max(size, proofs))
	if err != nil {
		err = kindOf(err)
	} else {
		err = s.prove()
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Setter) attach(size int) error {
	spec, err := loadSet()
	if err != nil {
		return err
	}
	spec.Maps["targets"].MaxEntries = uint32(size)
	if err := spec.LoadAndAssign(&s.objects, nil); err != nil {
		return fmt.Errorf("load the program: %w", err)
	}
	if s.link, err = link.AttachIter(link.IterOptions{Program: s.objects.KatopSet}); err != nil {
		return fmt.Errorf("attach iter/tcp: %w", err)
	}
	return nil
}

// Close unloads it.
func (s *Setter) Close() error {
	err := s.objects.Close()
	if s.link != nil {
		err = errors.Join(s.link.Close(), err)
	}
	return err
}

// Look calls each for the sockets with these cookies that the namespace has:
// not for closed ones, for subflows of MPTCP, TIME-WAIT or SYN-RECV. The Seen is
// overwritten with the next one. All Looks since Forget together have no more
// cookies than the Setter was loaded for.
func (s *Setter) Look(ctx context.Context, cookies []uint64, each func(*Seen)) error {
	if err := s.tell(cookies); err != nil {
		return err
	}
	return s.pass(ctx, func(looked bool, seen *Seen) {
		if looked {
			each(seen)
		}
	})
}

// Forget makes room for other sockets. Those of before would answer again, and a
// wish of a Set that failed could yet come true.
func (s *Setter) Forget() error {
	for len(s.told) > 0 {
		n, err := s.objects.Targets.BatchDelete(s.told, nil)
		switch {
		case errors.Is(err, ebpf.ErrKeyNotExist): // a Look that failed did not tell all
			n++
		case err != nil:
			return fmt.Errorf("have the eBPF program forget its targets: %w", err)
		}
		s.told = s.told[n:]
	}
	return nil
}

// Set makes the wishes true, all of them about sockets of a Look, and calls each
// for what became of every one whose socket was met. Nothing interrupts it, 3 µs
// for each: the kernel may have set a socket whose record waits for the next read.
func (s *Setter) Set(wishes []Wish, each func(*Seen)) error {
	cookies := make([]uint64, len(wishes))
	for i := range wishes {
		cookies[i] = wishes[i].Seen.Cookie
	}
	if err := s.put(cookies, func(i int, t *target) { wishes[i].fill(t) }); err != nil {
		return err
	}
	return s.pass(context.Background(), func(looked bool, seen *Seen) {
		if !looked {
			each(seen)
		}
	})
}

// tell has the program look at sockets.
func (s *Setter) tell(cookies []uint64) error {
	s.told = append(s.told, cookies...)
	return s.put(cookies, func(int, *target) {})
}

// putAtOnce is how many targets are told with one system call: so many need
// memory, and not all of a batch.
const putAtOnce = 1024

// put says which sockets are meant, beside those that were told before: these
// give their answers of then. fill says what is to be done with each.
func (s *Setter) put(cookies []uint64, fill func(i int, t *target)) error {
	targets := make([]target, min(len(cookies), putAtOnce))
	for from := 0; from < len(cookies); from += putAtOnce {
		some := cookies[from:min(len(cookies), from+putAtOnce)]
		for i := range some {
			fill(from+i, &targets[i])
		}
		if _, err := s.objects.Targets.BatchUpdate(some, targets[:len(some)], nil); err != nil {
			return fmt.Errorf("tell the eBPF program its targets: %w", err)
		}
	}
	return nil
}

func (s *Setter) pass(ctx context.Context, each func(looked bool, seen *Seen)) error {
	out, err := s.link.Open()
	if err != nil {
		return fmt.Errorf("walk sockets by eBPF: %w", err)
	}
	defer func() { _ = out.Close() }()
	var seen Seen
	err = drain(ctx, out, s.buffer, func(b []byte) []byte {
		for ; len(b) >= seenLen; b = b[seenLen:] {
			each(s.decoder.parseSeen(b[:seenLen:seenLen], &seen), &seen)
		}
		return b
	})
	if err != nil {
		return fmt.Errorf("walk sockets by eBPF: %w", err)
	}
	return nil
}
