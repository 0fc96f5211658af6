package inetdiag

import (
	"context"
	"fmt"

	"github.com/mdlayher/netlink"
)

// Lookup asks for the one socket that id names, by its addresses and, unless
// that is 0, its cookie. The error is of kind ErrNotFound if there is none.
func (c *Conn) Lookup(ctx context.Context, family Family, id SocketID, ext Extensions) (Socket, error) {
	request, err := lookupMessage(family, id, ext)
	if err != nil {
		return Socket{}, lookupFailed(family, id, err)
	}
	l := lookup{decoder: &c.decoder}
	if err := c.exchange(ctx, request, l.read); err != nil {
		return Socket{}, lookupFailed(family, id, err)
	}
	return l.socket, nil
}

func lookupFailed(f Family, id SocketID, err error) error {
	return fmt.Errorf("look up %v TCP socket %v to %v: %w", f, id.Local, id.Remote, err)
}

// lookup reads the answer to one lookup.
type lookup struct {
	decoder *decoder
	socket  Socket
}

func (l *lookup) read(m message) (last bool, err error) {
	switch m.kind {
	case sockDiagByFamily:
		return true, l.decoder.decode(&l.socket, m.body)
	case netlink.Error:
		errno, err := m.errno()
		if err != nil || errno == 0 {
			return false, err
		}
		return true, lookupError(errno)
	default:
		return false, unexpected(m)
	}
}
