package bpf

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// witness is an own socket without the iterator's help.
func witness(fd int) (s Socket, err error) {
	var socket, netns unix.Stat_t
	if err := unix.Fstat(fd, &socket); err != nil {
		return s, os.NewSyscallError("fstat", err)
	}
	if err := unix.Stat("/proc/thread-self/ns/net", &netns); err != nil {
		return s, fmt.Errorf("find the own network namespace: %w", err)
	}
	comm, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		return s, fmt.Errorf("find the own name: %w", err)
	}
	s = Socket{
		NetNS: netns.Ino, Inode: uint32(socket.Ino), PID: int32(os.Getpid()), FD: int32(fd),
		Name: strings.TrimSuffix(string(comm), "\n"),
	}
	if s.Cookie, err = unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE); err != nil {
		return s, os.NewSyscallError("getsockopt SO_COOKIE", err)
	}
	protocol, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	if err != nil {
		return s, os.NewSyscallError("getsockopt SO_PROTOCOL", err)
	}
	if s.MPTCP = protocol == unix.IPPROTO_MPTCP; s.MPTCP {
		return s, nil
	}
	s.Keepalive, err = optionsNow(fd)
	return s, err
}

// optionsNow is what getsockopt says of an own socket.
func optionsNow(fd int) (conn.Keepalive, error) {
	var values [5]int
	var err error
	for _, o := range optionsOf(&values) {
		if *o.value, err = unix.GetsockoptInt(fd, o.level, o.name); err != nil {
			return conn.Keepalive{}, os.NewSyscallError("getsockopt", err)
		}
	}
	k := conn.Keepalive{
		Params: conn.Params{
			Idle: time.Duration(values[1]) * time.Second, Interval: time.Duration(values[2]) * time.Second, Count: values[3],
		},
		UserTimeout: time.Duration(values[4]) * time.Millisecond,
		State:       conn.KeepaliveOff, Source: conn.SourceRead,
	}
	if values[0] != 0 {
		k.State = conn.KeepaliveOn
	}
	return k, nil
}

type option struct {
	level, name int
	value       *int
}

func optionsOf(values *[5]int) []option {
	return []option{
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, &values[0]},
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, &values[1]},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, &values[2]},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, &values[3]},
		{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, &values[4]},
	}
}
