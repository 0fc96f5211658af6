package inetdiag

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/mdlayher/netlink"
)

const sockDestroy netlink.HeaderType = 21 // SOCK_DESTROY (include/uapi/linux/sock_diag.h)

// The kinds of errors of Destroy beside ErrNotFound.
var (
	// ErrNotPermitted: it takes CAP_NET_ADMIN in the namespace's user namespace.
	ErrNotPermitted = errors.New("not permitted: run as root, or give CAP_NET_ADMIN")

	// ErrNoDestroy: the kernel is built without it.
	ErrNoDestroy = errors.New("the kernel cannot do that: it lacks CONFIG_INET_DIAG_DESTROY")
)

// Destroy ends the one socket that id names, as its owner's abort would
// (RFC 9293, section 3.10.5): the owner finds ECONNABORTED, the peer gets a RST
// (net/ipv4/tcp_diag.c, tcp_diag_destroy). The cookie must be given, so that no
// other socket with the same addresses is hit. The error is of kind ErrNotFound
// if there is no such socket.
func (c *Conn) Destroy(ctx context.Context, family Family, id SocketID) error {
	request, err := destroyMessage(family, id)
	if err != nil {
		return destroyFailed(family, id, err)
	}
	if err := c.exchange(ctx, request, readDestroyed); err != nil {
		return destroyFailed(family, id, err)
	}
	return nil
}

func destroyFailed(f Family, id SocketID, err error) error {
	return fmt.Errorf("destroy %v TCP socket %v to %v: %w", f, id.Local, id.Remote, err)
}

// destroyMessage asks for an acknowledgement: without one the kernel is silent
// about success.
func destroyMessage(family Family, id SocketID) (netlink.Message, error) {
	if id.Cookie == 0 || id.Cookie == noCookie {
		return netlink.Message{}, errors.New("no cookie: it could be any socket with these addresses")
	}
	m, err := lookupMessage(family, id, 0)
	m.Header.Type = sockDestroy
	m.Header.Flags |= netlink.Acknowledge
	return m, err
}

// readDestroyed reads the acknowledgement, which is an error of number 0.
func readDestroyed(m message) (last bool, err error) {
	if m.kind != netlink.Error {
		return false, unexpected(m)
	}
	errno, err := m.errno()
	if err != nil {
		return false, err
	}
	return true, destroyError(errno)
}

func destroyError(errno syscall.Errno) error {
	switch errno {
	case 0:
		return nil
	case syscall.EPERM, syscall.EACCES:
		return ErrNotPermitted
	case syscall.EOPNOTSUPP:
		return ErrNoDestroy
	}
	return lookupError(errno)
}
