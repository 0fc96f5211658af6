// Package bpf reads the TCP sockets of a host, and sets their keepalive options
// in bulk, by eBPF iterators (BPF_TRACE_ITER): the fast path beside /proc/PID/fd,
// pidfd_getfd(2) and setsockopt(2), with the same results.
//
// [Load] gives the iterator over the descriptors of every process (iter/task_file,
// Linux 5.11 with BTF), [LoadSetter] the one over the sockets of a network
// namespace that sets them (iter/tcp, Linux 5.15). Both need CAP_BPF and
// CAP_PERFMON. Nothing is pinned: with the last descriptor the programs are gone.
//
// What Load gives was proved on this kernel: sockets of its own, whose options
// are known, were read through it and compared with getsockopt(2).
//
// The programs are in the *.bpf.c beside this file, and what clang made of them
// in the committed objects; `make generate` makes these anew.
package bpf
