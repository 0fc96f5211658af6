package inetdiag

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/mdlayher/netlink"
)

// Config says where a Conn looks.
type Config struct {
	// NetNS is a descriptor of a network namespace, which Dial duplicates. 0 is
	// the namespace of the calling thread; such a Conn is to be used from threads
	// of that namespace only.
	NetNS int
}

// Conn asks the kernel for the sockets of one network namespace. It is for one
// goroutine at a time. After an error it opens a new netlink socket at the next
// call.
type Conn struct {
	dial      func() (transport, error)
	transport transport // nil: to be dialled
	namespace io.Closer
	buf       []byte
	blocks    [][]byte // of long dumps; nil until there was one
	decoder   decoder
	closed    bool
}

// transport carries requests to the kernel and its datagrams back.
type transport interface {
	// Send completes the message's header, its sequence number above all.
	Send(netlink.Message) (netlink.Message, error)
	// receive reads one datagram into b. The kernel is sender 0.
	receive(b []byte) (n int, sender uint32, err error)
	// SetReadDeadline in the past ends a receive that waits.
	SetReadDeadline(time.Time) error
	Close() error
}

// bufferLen is above the 32 KiB to which the kernel limits the datagrams of a
// dump (net/netlink/af_netlink.c, netlink_recvmsg).
const bufferLen = 64 << 10

// Dial opens a connection to sock_diag. The error is of kind ErrUnsupported
// where there is none. A nil cfg is the zero Config.
func Dial(cfg *Config) (*Conn, error) {
	d, err := newDialer(cfg)
	if err != nil {
		return nil, dialError(err)
	}
	c := &Conn{dial: d.dial, namespace: d, buf: make([]byte, bufferLen)}
	if c.transport, err = c.dial(); err != nil {
		return nil, errors.Join(dialError(err), d.Close())
	}
	return c, nil
}

// Close closes the connection for good.
func (c *Conn) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	err := c.namespace.Close()
	if c.transport != nil {
		err = errors.Join(err, c.transport.Close())
	}
	return err
}

// exchange sends a request and hands every reply to it to read, until read says
// that it was the last. Whatever else ends it leaves replies behind, so then
// the transport is thrown away, with them.
func (c *Conn) exchange(ctx context.Context, request netlink.Message, read func(message) (last bool, err error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t, err := c.take()
	if err != nil {
		return err
	}
	over := false
	stop := context.AfterFunc(ctx, func() { _ = t.SetReadDeadline(time.Unix(1, 0)) })
	defer func() {
		if stop() && over {
			c.transport = t
			return
		}
		_ = t.Close()
	}()
	over, err = c.transact(ctx, t, request, read)
	if err != nil && ctx.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		return ctx.Err()
	}
	return err
}

// take hands out the transport, a new one if there is none.
func (c *Conn) take() (transport, error) {
	if c.closed {
		return nil, os.ErrClosed
	}
	if t := c.transport; t != nil {
		c.transport = nil
		return t, nil
	}
	t, err := c.dial()
	if err != nil {
		return nil, dialError(err)
	}
	return t, nil
}

// transact tells whether the kernel's answer was read to its end, be it an
// error.
func (c *Conn) transact(ctx context.Context, t transport, request netlink.Message, read func(message) (last bool, err error)) (over bool, err error) {
	sent, err := t.Send(request)
	if err != nil {
		return false, err
	}
	for came := 0; came < aloneDatagrams; {
		if err := ctx.Err(); err != nil {
			return false, err // before the deadline could be set
		}
		n, sender, err := t.receive(c.buf)
		if err != nil {
			return false, err
		}
		if sender != 0 {
			continue // another process may write to this socket too
		}
		if over, err := readDatagram(c.buf[:n], sent.Header.Sequence, read); over || err != nil {
			return over, err
		}
		came++
	}
	return c.ahead(ctx, t, sent.Header.Sequence, read)
}
