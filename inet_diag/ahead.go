package inetdiag

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/mdlayher/netlink"
)

// A long dump is read by a goroutine of its own: the kernel writes sockets, which
// is most of the work, while those before are decoded on another core.
const (
	// aloneDatagrams are read and decoded by turns first: a dump that ends with
	// them, some 5,000 sockets, is not worth a goroutine.
	aloneDatagrams = 64
	// aheadLen is room for a block: as many datagrams as leave room for another.
	// To hand over each for itself would be a wake-up for every 80 sockets.
	aheadLen = 4 * bufferLen
	// aheadBlocks is one that is read and one that is decoded.
	aheadBlocks = 2
)

// block is what the reader hands over.
type block struct {
	b   []byte // whole datagrams, one behind the other
	err error  // that ended the reading, after b
}

// ahead reads the rest of a dump in a goroutine. It returns when that has ended.
// Answers of one message never come to it: their end is not that of a dump.
func (c *Conn) ahead(ctx context.Context, t transport, sequence uint32, read func(message) (last bool, err error)) (over bool, err error) {
	for len(c.blocks) < aheadBlocks {
		c.blocks = append(c.blocks, make([]byte, 0, aheadLen))
	}
	empty, full := make(chan []byte, aheadBlocks), make(chan block, aheadBlocks)
	for _, b := range c.blocks {
		empty <- b
	}
	var reading sync.WaitGroup
	reading.Go(func() { fill(t, sequence, empty, full) })
	defer reading.Wait()
	for {
		next, open := <-full
		if !open {
			return false, fmt.Errorf("%w: an answer without an end", ErrMalformed)
		}
		over, err := readDatagram(next.b, sequence, read)
		switch {
		case over:
			return true, err // the reader has seen the end, too
		case err == nil && next.err != nil:
			return false, next.err
		case err == nil && ctx.Err() != nil:
			err = ctx.Err()
		}
		if err != nil {
			close(empty)
			_ = t.SetReadDeadline(time.Unix(1, 0)) // the reader may wait for what nobody wants
			return false, err
		}
		empty <- next.b[:0]
	}
}

// fill reads datagrams of the kernel into blocks until the answer ends, reading
// fails, or empty is closed.
func fill(t transport, sequence uint32, empty <-chan []byte, full chan<- block) {
	defer close(full)
	for b := range empty {
		ended := false
		for !ended && cap(b)-len(b) >= bufferLen {
			n, sender, err := t.receive(b[len(b) : len(b)+bufferLen])
			if err != nil {
				full <- block{b, err}
				return
			}
			if sender != 0 {
				continue // another process may write to this socket too
			}
			ended = endsIn(b[len(b):len(b)+n], sequence)
			if b = b[:len(b)+n]; !ended {
				b = b[:align(len(b))]
			}
		}
		full <- block{b: b}
		if ended {
			return
		}
	}
}

// endsIn tells whether a datagram holds the end of the answer, or what ends it
// for whoever decodes it.
func endsIn(b []byte, sequence uint32) bool {
	for len(b) > 0 {
		m, rest, err := nextMessage(b)
		if err != nil {
			return true
		}
		if m.sequence == sequence && m.kind != sockDiagByFamily && m.kind != netlink.Noop && !m.acknowledges() {
			return true
		}
		b = rest
	}
	return false
}

// acknowledges tells whether the message only says that the request has come.
func (m message) acknowledges() bool {
	if m.kind != netlink.Error {
		return false
	}
	errno, err := m.errno()
	return err == nil && errno == 0
}
