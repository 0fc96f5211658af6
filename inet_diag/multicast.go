package inetdiag

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// The groups in which the kernel tells of every TCP socket that it frees
// (include/uapi/linux/sock_diag.h, enum sknetlink_groups).
const (
	groupTCPDestroy  = 1 // SKNLGRP_INET_TCP_DESTROY
	groupTCP6Destroy = 3 // SKNLGRP_INET6_TCP_DESTROY
)

// Subscription hears of every TCP socket of one network namespace that is
// destroyed, of either family. Listen is for one goroutine at a time, Dropped
// for any.
type Subscription struct {
	subscribe func() (feed, error)
	namespace io.Closer
	buf       []byte
	decoder   decoder

	mu     sync.Mutex // guards what follows
	feed   feed       // nil: to be subscribed anew
	lost   uint64     // messages dropped by the feeds before
	full   uint64     // how often feed was found to have dropped some
	closed bool
}

// feed brings the datagrams of the multicast groups.
type feed interface {
	// receive reads one datagram into b, as that of a transport. It fails with
	// ENOBUFS once after messages were dropped, and goes on.
	receive(b []byte) (n int, sender uint32, err error)
	// dropped counts the messages that found the receive buffer full.
	dropped() (uint64, error)
	SetReadDeadline(time.Time) error
	Close() error
}

// Subscribe hears of what is destroyed from now on. The error is of kind
// ErrNotPermitted where that takes CAP_NET_ADMIN, and of kind ErrUnsupported
// where there is no sock_diag. A nil cfg is the zero Config.
func Subscribe(cfg *Config) (*Subscription, error) {
	d, err := newDialer(cfg)
	if err != nil {
		return nil, subscribeError(err)
	}
	s := &Subscription{subscribe: d.subscribe, namespace: d, buf: make([]byte, bufferLen)}
	if s.feed, err = s.subscribe(); err != nil {
		return nil, errors.Join(subscribeError(err), d.Close())
	}
	return s, nil
}

// Close ends the subscription for good. Listen has to have returned.
func (s *Subscription) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.namespace.Close()
	if s.feed != nil {
		err = errors.Join(err, s.feed.Close())
	}
	return err
}

// Listen calls each for every socket that is destroyed, until ctx or the
// connection to the kernel ends; there is always an error. The socket is valid
// only during the call. Its State is StateClose and its Inode 0: what it was has
// to be known by its cookie. An error from each is returned as it is. Whatever
// ended it, the next Listen subscribes anew, and what was destroyed in between
// has not been heard of.
func (s *Subscription) Listen(ctx context.Context, each func(*Socket) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f, err := s.take()
	if err != nil {
		return subscribeError(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) })
	defer func() {
		stop()
		s.drop(f)
	}()
	r := destroyed{decoder: &s.decoder, each: each}
	err = s.receive(ctx, f, r.read)
	switch {
	case r.stopped:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("hear of destroyed TCP sockets: %w", err)
}

// take hands out the feed, a new one if there is none.
func (s *Subscription) take() (feed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, os.ErrClosed
	}
	if s.feed != nil {
		return s.feed, nil
	}
	var err error
	s.feed, err = s.subscribe()
	return s.feed, err
}

// drop closes a feed and keeps its count.
func (s *Subscription) drop(f feed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost += s.count()
	s.feed, s.full = nil, 0
	_ = f.Close()
}

// receive reads datagrams until one fails.
func (s *Subscription) receive(ctx context.Context, f feed, read func(message) (last bool, err error)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err // before the deadline could be set
		}
		n, sender, err := f.receive(s.buf)
		switch {
		case errors.Is(err, syscall.ENOBUFS):
			s.noteFull()
			continue
		case err != nil:
			return err
		case sender != 0:
			continue // another process may write to this socket too
		}
		// A message that nobody asked for has sequence number 0.
		if _, err := readDatagram(s.buf[:n], 0, read); err != nil {
			return err
		}
	}
}

func (s *Subscription) noteFull() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full++
}

// Dropped counts the sockets that were destroyed since Subscribe without Listen
// hearing of it because it did not keep up and the receive buffer was full. What
// was destroyed between two calls of Listen is not in it.
func (s *Subscription) Dropped() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.feed == nil {
		return s.lost
	}
	return s.lost + s.count()
}

// count is what the present feed has dropped: at least one each time where the
// kernel does not count.
func (s *Subscription) count() uint64 {
	if n, err := s.feed.dropped(); err == nil {
		return n
	}
	return s.full
}

// destroyed reads the messages of the groups.
type destroyed struct {
	decoder *decoder
	each    func(*Socket) error
	socket  Socket
	stopped bool // by each
}

func (d *destroyed) read(m message) (last bool, err error) {
	if m.kind != sockDiagByFamily {
		return false, unexpected(m)
	}
	if err := d.decoder.decode(&d.socket, m.body); err != nil {
		return false, err
	}
	err = d.each(&d.socket)
	d.stopped = err != nil
	return false, err
}

func subscribeError(err error) error {
	const what = "subscribe to destroyed TCP sockets"
	switch {
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s: %w", what, ErrNotPermitted)
	case errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOPROTOOPT), errors.Is(err, syscall.EPROTONOSUPPORT):
		return fmt.Errorf("%s: %w: use a kernel with CONFIG_INET_DIAG", what, ErrUnsupported)
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}
