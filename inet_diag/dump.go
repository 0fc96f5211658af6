package inetdiag

import (
	"context"
	"fmt"

	"github.com/mdlayher/netlink"
)

// Dump calls each for every socket that r asks for. The socket is valid only
// during the call, in which the Conn is not to be used. An error from each ends
// the dump and is returned as it is. When ctx ends, so does the dump, with an
// error that wraps that of ctx; what has been read by then may still come to
// each. An error of kind ErrInterrupted comes after the last socket.
func (c *Conn) Dump(ctx context.Context, r Request, each func(s *Socket) error) (err error) {
	request, err := r.message()
	if err != nil {
		return dumpFailed(r.Family, err)
	}
	d := dump{decoder: &c.decoder, each: each}
	err = c.exchange(ctx, request, d.read)
	switch {
	case err == nil && d.interrupted:
		return dumpFailed(r.Family, ErrInterrupted)
	case err == nil, d.stopped:
		return err
	default:
		return dumpFailed(r.Family, err)
	}
}

func dumpFailed(f Family, err error) error { return fmt.Errorf("dump %v TCP sockets: %w", f, err) }

// dump reads the messages of one dump.
type dump struct {
	decoder     *decoder
	each        func(s *Socket) error
	socket      Socket
	interrupted bool // the kernel said so in any of the messages
	stopped     bool // by each
}

func (d *dump) read(m message) (last bool, err error) {
	if m.flags&netlink.DumpInterrupted != 0 {
		d.interrupted = true
	}
	switch m.kind {
	case sockDiagByFamily:
		if err := d.decoder.decode(&d.socket, m.body); err != nil {
			return false, err
		}
		err := d.each(&d.socket)
		d.stopped = err != nil
		return false, err
	case netlink.Done, netlink.Error:
		errno, err := m.errno()
		if err != nil {
			return false, err
		}
		if errno != 0 {
			return true, dumpError(errno)
		}
		return m.kind == netlink.Done, nil
	default:
		return false, unexpected(m)
	}
}
