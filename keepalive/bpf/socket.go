package bpf

import "github.com/katop/katop/conn"

// Socket is one descriptor of a TCP or MPTCP socket. A socket that several
// descriptors name comes once for each.
type Socket struct {
	NetNS  uint64 // inode of the network namespace
	Cookie uint64 // SO_COOKIE; 0 if nobody has asked for it yet
	Inode  uint32
	PID    int32 // of the process, in the PID namespace of this one
	FD     int32
	Name   string // comm of the process: up to 15 bytes, whatever they are
	MPTCP  bool   // then Keepalive is not known
	// Keepalive is what getsockopt(2) would say: the sysctls of the namespace
	// stand where the socket has no value of its own.
	Keepalive conn.Keepalive
}
