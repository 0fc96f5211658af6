package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// performer is the inside of an actor: it makes the system calls. It uses no
// package net, which sets socket options of its own accord.
type performer struct {
	mu sync.Mutex
	// dialed remembers the address of each connection that was dialed: the
	// kernel names it only once it is established.
	dialed map[int]netip.AddrPort
}

func (p *performer) perform(r request) (reply, error) {
	switch r.Operation {
	case opListen:
		return p.listen(r)
	case opDial, opStartDial:
		return p.dial(r)
	case opAccept:
		return p.accept(r)
	case opDescribe:
		return p.describe(r.FD)
	case opSet:
		return reply{}, setKeepalive(r.FD, r.Options.Keepalive)
	case opQueues:
		return queues(r.FD)
	case opInfo:
		info, err := readInfo(r.FD)
		return reply{Info: info}, err
	case opSend:
		return send(r.FD, r.N)
	case opReceive:
		return receive(r.FD, r.N)
	case opCloseWrite:
		return reply{}, unix.Shutdown(r.FD, unix.SHUT_WR)
	case opClose:
		return reply{}, p.close(r.FD)
	case opAbort:
		// SO_LINGER at zero makes close(2) send a RST (tcp(7)).
		if err := unix.SetsockoptLinger(r.FD, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
			return reply{}, err
		}
		return reply{}, p.close(r.FD)
	case opAwaitError:
		return awaitError(r.FD, r.Timeout)
	}
	return reply{}, errors.New("no such operation")
}

func (p *performer) listen(r request) (reply, error) {
	fd, err := open(r.Addr, r.Options)
	if err != nil {
		return reply{}, err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return reply{}, errors.Join(err, unix.Close(fd))
	}
	if err := unix.Bind(fd, sockaddr(r.Addr)); err != nil {
		return reply{}, errors.Join(fmt.Errorf("bind to %s: %w", r.Addr, err), unix.Close(fd))
	}
	backlog := r.Options.Backlog
	if backlog == 0 {
		backlog = 1 << 16 // the kernel cuts it to net.core.somaxconn
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return reply{}, errors.Join(err, unix.Close(fd))
	}
	return p.describe(fd)
}

// dial starts all connections before it waits for any.
func (p *performer) dial(r request) (reply, error) {
	fds := make([]int, 0, r.N)
	fail := func(err error) (reply, error) {
		for _, fd := range fds {
			err = errors.Join(err, unix.Close(fd))
		}
		return reply{}, err
	}
	for range r.N {
		fd, err := open(r.Addr, r.Options)
		if err != nil {
			return fail(err)
		}
		fds = append(fds, fd)
		if err := p.connect(fd, r.Addr, r.Options.Bind); err != nil {
			return fail(err)
		}
	}
	if r.Operation == opDial {
		for _, fd := range fds {
			if err := awaitConnection(fd); err != nil {
				return fail(fmt.Errorf("connect to %s: %w", r.Addr, err))
			}
		}
	}
	return p.describe(fds...)
}

func (p *performer) connect(fd int, to, from netip.AddrPort) error {
	if from.IsValid() {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return err
		}
		if err := unix.Bind(fd, sockaddr(from)); err != nil {
			return fmt.Errorf("bind to %s: %w", from, err)
		}
	}
	if err := unix.Connect(fd, sockaddr(to)); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return fmt.Errorf("connect to %s: %w", to, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dialed[fd] = to
	return nil
}

func (p *performer) accept(r request) (reply, error) {
	fds := make([]int, 0, r.N)
	for len(fds) < r.N {
		fd, _, err := unix.Accept4(r.FD, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if errors.Is(err, unix.EAGAIN) {
			err = await(r.FD, unix.POLLIN, patience)
			if err == nil {
				continue
			}
		}
		if err == nil {
			fds = append(fds, fd)
			err = setOptions(fd, r.Options)
		}
		if err != nil {
			for _, fd := range fds {
				err = errors.Join(err, unix.Close(fd))
			}
			return reply{}, err
		}
	}
	return p.describe(fds...)
}

func (p *performer) describe(fds ...int) (reply, error) {
	sockets := make([]Socket, len(fds))
	for i, fd := range fds {
		p.mu.Lock()
		dialed := p.dialed[fd]
		p.mu.Unlock()
		var err error
		if sockets[i], err = describe(fd, dialed); err != nil {
			return reply{}, fmt.Errorf("reading socket %d: %w", fd, err)
		}
	}
	return reply{Sockets: sockets}, nil
}

func (p *performer) close(fd int) error {
	p.mu.Lock()
	delete(p.dialed, fd)
	p.mu.Unlock()
	return unix.Close(fd)
}

func awaitConnection(fd int) error {
	if err := await(fd, unix.POLLOUT, patience); err != nil {
		return err
	}
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if errno != 0 {
		return syscall.Errno(errno)
	}
	return nil
}

func queues(fd int) (r reply, err error) {
	if r.N, err = unix.IoctlGetInt(fd, unix.SIOCINQ); err != nil {
		return r, fmt.Errorf("SIOCINQ: %w", err)
	}
	if r.Unacked, err = unix.IoctlGetInt(fd, unix.SIOCOUTQ); err != nil {
		return r, fmt.Errorf("SIOCOUTQ: %w", err)
	}
	return r, nil
}

func send(fd, n int) (reply, error) {
	sent := 0
	for sent < n {
		some, err := unix.SendmsgN(fd, make([]byte, min(n-sent, 1<<16)), nil, nil, unix.MSG_NOSIGNAL)
		if errors.Is(err, unix.EAGAIN) {
			break
		}
		if err != nil {
			return reply{N: sent}, err
		}
		sent += some
	}
	return reply{N: sent}, nil
}

func receive(fd, n int) (reply, error) {
	received := 0
	for received < n {
		some, err := unix.Read(fd, make([]byte, min(n-received, 1<<16)))
		if errors.Is(err, unix.EAGAIN) {
			if err := await(fd, unix.POLLIN, patience); err != nil {
				return reply{N: received}, err
			}
			continue
		}
		if err != nil {
			return reply{N: received}, err
		}
		if some == 0 {
			break
		}
		received += some
	}
	return reply{N: received}, nil
}

// awaitError asks poll(2) for nothing: POLLERR and POLLHUP come unasked.
func awaitError(fd int, timeout time.Duration) (reply, error) {
	if err := await(fd, 0, timeout); err != nil {
		return reply{}, err
	}
	death := Death{At: time.Now()}
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return reply{}, err
	}
	death.Monotonic = time.Duration(now.Nano())
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	death.Errno = syscall.Errno(errno)
	return reply{Death: death}, err
}

// await waits until poll(2) reports one of events, an error or a hangup.
func await(fd int, events int16, timeout time.Duration) error {
	end := time.Now().Add(timeout)
	for {
		left := max(0, time.Until(end))
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: events}}, int((left+time.Millisecond-1)/time.Millisecond))
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case n > 0:
			return nil
		default:
			return fmt.Errorf("nothing happened on socket %d for %v", fd, timeout)
		}
	}
}
