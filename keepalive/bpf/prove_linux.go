package bpf

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// What the socket is given whose options are all set: no two of them, and none
// of their parts, can be taken for another.
const (
	oddIdle, oddInterval, oddCount = 12347, 4321, 101
	oddUserTimeout                 = 7654321
)

// prove reads sockets of this process through the iterator and compares. The
// first says what a jiffy is, too, which nothing else does.
func (it *Iterators) prove() error {
	var own []int
	defer func() {
		for _, fd := range own {
			_ = unix.Close(fd)
		}
	}()
	for _, protocol := range []int{unix.IPPROTO_TCP, unix.IPPROTO_TCP, unix.IPPROTO_MPTCP} {
		fd, err := ownSocket(protocol)
		if err != nil && protocol == unix.IPPROTO_MPTCP {
			continue // this kernel has no MPTCP, so none to be mistaken
		}
		if err != nil {
			return fmt.Errorf("%w: no socket to try it on: %w", ErrUntrue, err)
		}
		own = append(own, fd)
	}
	if err := setOdd(own[0]); err != nil {
		return fmt.Errorf("%w: no socket to try it on: %w", ErrUntrue, err)
	}
	var want []Socket
	for _, fd := range own {
		s, err := witness(fd)
		if err != nil {
			return fmt.Errorf("%w: no socket to try it on: %w", ErrUntrue, err)
		}
		want = append(want, s)
	}
	return it.compare(want)
}

// compare holds what the iterator gives against want, of which the first has
// the odd options.
func (it *Iterators) compare(want []Socket) error {
	if err := it.objects.OwnOnly.Set(uint32(1)); err != nil {
		return fmt.Errorf("%w: %w", ErrUntrue, err)
	}
	it.decoder.hz = 1 // times come in jiffies
	got := make(map[int32]Socket)
	if err := it.Sockets(context.Background(), func(s *Socket) { got[s.FD] = *s }); err != nil {
		return fmt.Errorf("%w: %w", ErrUntrue, err)
	}
	hz, err := hzOf(got[want[0].FD].Keepalive)
	if err != nil {
		return err
	}
	for i, w := range want {
		g := got[w.FD]
		g.Keepalive = inSeconds(g.Keepalive, hz)
		if g != w {
			return fmt.Errorf("%w: own socket %d reads %+v, and is %+v", ErrUntrue, i, g, w)
		}
	}
	it.decoder.hz = hz
	if err := it.objects.OwnOnly.Set(uint32(0)); err != nil {
		return fmt.Errorf("%w: %w", ErrUntrue, err)
	}
	return nil
}

// hzOf is how many jiffies a second has, by a socket with the odd options whose
// times are taken for seconds.
func hzOf(k conn.Keepalive) (int32, error) {
	hz := k.Params.Idle / (oddIdle * time.Second)
	if hz < 1 || hz > maxHZ {
		return 0, fmt.Errorf("%w: a socket with TCP_KEEPIDLE %d s reads %d jiffies", ErrUntrue, oddIdle, k.Params.Idle/time.Second)
	}
	return int32(hz), nil
}

// inSeconds turns jiffies that were taken for seconds into whole seconds.
func inSeconds(k conn.Keepalive, hz int32) conn.Keepalive {
	for _, t := range []*time.Duration{&k.Params.Idle, &k.Params.Interval} {
		*t = *t / time.Duration(hz) / time.Second * time.Second
	}
	return k
}

// maxHZ is far above every CONFIG_HZ, and keeps TCP_KEEPIDLE's greatest value
// within an int of jiffies.
const maxHZ = 1 << 16

// ownSocket makes a socket that is never connected nor bound.
func ownSocket(protocol int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, protocol)
	if err == unix.EAFNOSUPPORT {
		fd, err = unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, protocol)
	}
	return fd, os.NewSyscallError("socket", err)
}

func setOdd(fd int) error {
	for _, o := range optionsOf(&[...]int{1, oddIdle, oddInterval, oddCount, oddUserTimeout}) {
		if err := unix.SetsockoptInt(fd, o.level, o.name, *o.value); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	return nil
}
