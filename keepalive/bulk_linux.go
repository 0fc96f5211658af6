package keepalive

import (
	"context"
	"fmt"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive/bpf"
)

// wayFor is how the connections are reached best. done lets go of it.
func (c *Controller) wayFor(changes []change) (w way, done func()) {
	if c.noBPF || len(changes) < c.bulkFrom {
		return descriptors{}, func() {}
	}
	size := min(len(changes), c.bulkBatch)
	setter, err := bpf.LoadSetter(size)
	if err != nil {
		return descriptors{}, func() {}
	}
	return bulk{setter, size}, func() { _ = setter.Close() }
}

// bulk is the way by an eBPF program, which walks the sockets of a network
// namespace. What it does not meet goes by descriptors: closed sockets, and
// MPTCP. So does what it cannot be sent for.
type bulk struct {
	setter *bpf.Setter
	size   int // of a batch: as many as the setter was loaded for
}

func (b bulk) batch() int { return b.size }

func (b bulk) look(ctx context.Context, changes []*change) {
	if b.setter.Forget() != nil {
		descriptors{}.look(ctx, changes)
		return
	}
	var other []*change
	groups := make(map[uint64][]*change)
	for _, ch := range changes {
		switch c := ch.target; {
		case ch.hindered():
		case len(c.Owners) == 0:
			ch.fail(errNoOwner)
		case c.NetNS.Inode == 0 || c.Cookie == 0:
			other = append(other, ch)
		default:
			groups[c.NetNS.Inode] = append(groups[c.NetNS.Inode], ch)
		}
	}
	for inode, group := range groups {
		by := make(map[uint64]*change, len(group))
		for _, ch := range group {
			if by[ch.target.Cookie] == nil {
				by[ch.target.Cookie] = ch
			}
		}
		// What an error leaves unseen goes the other way.
		_ = within(inode, pidsOf(group), func() error { return b.lookAt(ctx, by) })
		for _, ch := range group {
			if ch.seen == nil {
				other = append(other, ch)
			}
		}
	}
	descriptors{}.look(ctx, other)
}

// lookAt looks at the connections of the namespace that this thread is in.
func (b bulk) lookAt(ctx context.Context, by map[uint64]*change) error {
	cookies := make([]uint64, 0, len(by))
	for cookie := range by {
		cookies = append(cookies, cookie)
	}
	all := make([]bpf.Seen, 0, len(by))
	return b.setter.Look(ctx, cookies, func(seen *bpf.Seen) {
		if ch := by[seen.Cookie]; ch != nil && ch.seen == nil { // a socket may be met twice
			all = append(all, *seen)
			ch.seen, ch.owner = &all[len(all)-1], ch.target.Owners[0]
			ch.found(sightOf(seen), ch.gone(seen))
		}
	})
}

func sightOf(seen *bpf.Seen) sight {
	return sight{now: seen.Before, listening: seen.State == tcpListen, unanswered: seen.Unanswered, waiting: seen.Waiting}
}

// gone tells by ErrGone what a descriptor would tell as that: nobody holds the
// socket any more, or it has other ends.
func (ch *change) gone(seen *bpf.Seen) error {
	c := ch.target
	if seen.Orphan || seen.Local != c.Local || !unpeered(c.State) && seen.Remote != c.Remote {
		return ErrGone
	}
	return nil
}

func (b bulk) do(ctx context.Context, changes []*change, report func()) {
	var other []*change
	groups := make(map[uint64][]*change)
	for _, ch := range changes {
		if ch.seen == nil {
			other = append(other, ch)
			continue
		}
		groups[ch.target.NetNS.Inode] = append(groups[ch.target.NetNS.Inode], ch)
	}
	for inode, group := range groups {
		if ctx.Err() == nil {
			_ = within(inode, pidsOf(group), func() error { return b.set(group, report) })
		}
		for _, ch := range group {
			if ch.result.Outcome == conn.OutcomeUnknown {
				other = append(other, ch)
			}
		}
	}
	descriptors{}.do(ctx, other, report)
}

// set sets the connections of the namespace that this thread is in.
func (b bulk) set(changes []*change, report func()) error {
	by := make(map[uint64]*change, len(changes))
	wishes := make([]bpf.Wish, len(changes))
	for i, ch := range changes {
		by[ch.target.Cookie] = ch
		wishes[i] = ch.wish()
	}
	return b.setter.Set(wishes, func(seen *bpf.Seen) {
		// A socket may be met twice.
		if ch := by[seen.Cookie]; ch != nil && ch.result.Outcome == conn.OutcomeUnknown {
			ch.settle(seen.After, ch.failure(seen))
			report()
		}
	})
}

// wish asks for the change under the terms of survives.
func (ch *change) wish() bpf.Wish {
	now, to := ch.result.Before, ch.to
	w := bpf.Wish{Seen: ch.seen}
	all := steps(now, to)
	w.Steps = make([]bpf.Step, len(all))
	for i, s := range all {
		w.Steps[i] = bpf.Step{Level: uint16(s.level), Option: uint16(s.option), Value: int32(s.value)}
	}
	if ch.seen.State != tcpListen {
		w.Refuse, w.Until, w.Answered = uint8(dropsAt(to)), uint8(dropsAt(now)), shortens(now, to)
	}
	return w
}

// failure is why the socket is not as it was to be, nil if it is.
func (ch *change) failure(seen *bpf.Seen) error {
	switch {
	case seen.Set && seen.Errno != 0:
		s := steps(ch.result.Before, ch.to)[seen.Failed]
		return fmt.Errorf("setsockopt %s to %d: %w", s.name, s.value, seen.Errno)
	case seen.Set:
		return nil
	}
	if err := ch.gone(seen); err != nil {
		return err
	}
	if err := ch.asDecided(sightOf(seen)); err != nil {
		return err
	}
	return errChangedMeanwhile
}

// pidsOf are processes that hold the connections, and so are likely to be in
// their network namespace themselves.
func pidsOf(changes []*change) (pids []int32) {
	for _, ch := range changes[:min(8, len(changes))] {
		pids = append(pids, ch.target.Owners[0].PID)
	}
	return pids
}
