package bpf

import "errors"

// The kinds of errors for which there is no fast path.
var (
	// ErrNotPermitted: a right is missing.
	ErrNotPermitted = errors.New("eBPF is not permitted: run as root, or give katop CAP_BPF and CAP_PERFMON")

	// ErrUnsupported: the kernel lacks something, or has it turned off.
	ErrUnsupported = errors.New("this kernel has no eBPF iterators that katop can use (Linux 5.11 has, to set sockets 5.15)")

	// ErrUntrue: what the iterator read of katop's own sockets was wrong.
	ErrUntrue = errors.New("the eBPF iterator does not read true on this kernel")
)
