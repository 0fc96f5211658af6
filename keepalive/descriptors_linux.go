package keepalive

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// descriptors is the way by duplicates of the owners' descriptors: it reaches
// every connection that has an owner.
type descriptors struct{}

func (descriptors) batch() int { return 256 }

func (descriptors) look(ctx context.Context, changes []*change) {
	inParallel(changes, func(each **change) {
		ch := *each
		if ctx.Err() != nil || ch.hindered() {
			return
		}
		var s sight
		var err error
		ch.owner, err = borrow(ch.target, func(b borrowed) error {
			s, err = b.sight(ch)
			return err
		})
		ch.found(s, err)
	})
}

func (descriptors) do(ctx context.Context, changes []*change, report func()) {
	inParallel(changes, func(each **change) {
		if ctx.Err() == nil {
			(*each).byDescriptor()
			report()
		}
	})
}

// byDescriptor sets the connection and reads it back.
func (ch *change) byDescriptor() {
	var after conn.Keepalive
	_, err := borrow(ch.target, func(b borrowed) error {
		s, err := b.sight(ch)
		if err == nil {
			err = ch.asDecided(s)
		}
		if err != nil {
			return err
		}
		failed := b.setSettings(s.now, ch.to)
		if after, err = b.keepalive(); err != nil {
			return err
		}
		return failed
	})
	ch.settle(after, err)
}

// sight looks at the connection, if it is behind the descriptor.
func (b borrowed) sight(ch *change) (s sight, err error) {
	if err := b.sameEnds(ch.target); err != nil {
		return s, err
	}
	if s.now, err = b.keepalive(); err != nil {
		return s, err
	}
	if b.protocol != unix.IPPROTO_TCP {
		return s, nil // the probes and the data are its subflows'
	}
	info, err := b.info()
	if err != nil {
		return s, err
	}
	s.listening, s.unanswered = info.State == tcpListen, int(info.Probes)
	s.waiting = info.Unacked > 0 || info.Notsent_bytes > 0 || info.Retransmits > 0 || info.Backoff > 0 || info.Probes > 0
	return s, nil
}
