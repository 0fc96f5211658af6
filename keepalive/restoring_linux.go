package keepalive

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// errTakenOver: the owner has set options of its own during the check.
var errTakenOver = errors.New("its owner set other options during the check: they were left")

// restore puts the options back.
func (p *probing) restore() {
	if !p.dirty {
		return
	}
	_, err := borrow(&p.target, func(b borrowed) error { return b.restore(p.old) })
	p.lost = errors.Is(err, ErrGone)
	switch {
	case p.lost: // restoreLost looks for it
	case err == nil:
		p.dirty = false
	case errors.Is(err, errTakenOver):
		p.dirty = false
		p.remark(err.Error())
	default:
		p.remark("its options could not be put back: " + err.Error() + ": start katop again to have it try again")
	}
}

func (p *probing) remark(text string) {
	if p.result.Reason != "" {
		text = p.result.Reason + "; " + text
	}
	p.result.Reason = text
}

// restoreLost puts the options back of connections that their owners have
// closed or handed on since, where another process holds them. Those that
// nobody holds have none left.
func restoreLost(probings []*probing) {
	inodes := make(map[uint32]bool)
	for _, p := range probings {
		if p.dirty && p.lost && p.target.Inode != 0 {
			inodes[p.target.Inode] = true
		}
	}
	if len(inodes) == 0 {
		return
	}
	found := holders(inodes)
	for _, p := range probings {
		if !p.dirty || !p.lost {
			continue
		}
		if p.target.Owners = found[p.target.Inode]; len(p.target.Owners) > 0 {
			p.restore()
		}
		p.dirty = p.dirty && !p.lost
	}
}

// restored tells whether nothing is left to be put back.
func (p *probing) restored() bool { return !p.dirty }

// restore puts the options back that a check has set. It is right in the middle
// of a check too: SO_KEEPALIVE goes off first, which stops the timer, so that
// nothing can fire while the rest is put back. An option that has neither what
// the check gave it nor what it had was set by the owner meanwhile: it stays,
// and so does SO_KEEPALIVE then.
//
// A check turns keepalive on after count and interval are set, and off before
// they are put back (see setSettings). Where it is on without both of them, the
// owner has turned it on: it stays. With fewer than two values of the check the
// socket was restored before, and nothing is changed.
//
// Addresses are not compared here: an owner that connects its socket anew keeps
// the options with it.
func (b borrowed) restore(old *settings) error {
	if old.On {
		return b.restoreReuse(old)
	}
	now, err := b.keepalive()
	if err != nil {
		return err
	}
	before, asked := old.keepalive(), old.asked().keepalive()
	on := now.State == conn.KeepaliveOn
	if on && valuesOf(now.Params, asked.Params) < 2 {
		return errTakenOver
	}
	to := conn.Keepalive{
		Params: conn.Params{
			Idle:     putBack(now.Params.Idle, asked.Params.Idle, before.Params.Idle),
			Interval: putBack(now.Params.Interval, asked.Params.Interval, before.Params.Interval),
			Count:    putBack(now.Params.Count, asked.Params.Count, before.Params.Count),
		},
		UserTimeout: now.UserTimeout, State: before.State, Source: now.Source,
	}
	takenOver := to.Params != before.Params || to.UserTimeout != before.UserTimeout || on && !ofCheck(now.Params)
	if takenOver {
		to.State = now.State
	}
	if err := b.setSettings(now, to); err != nil {
		return err
	}
	after, err := b.keepalive()
	switch {
	case err != nil:
		return err
	case after != to:
		return fmt.Errorf("it reads %s instead of %s", describe(after), describe(to))
	case takenOver:
		return errTakenOver
	}
	return nil
}

// ofCheck tells whether the parameters are those under which a check turns
// keepalive on.
func ofCheck(p conn.Params) bool {
	return p.Interval == askInterval*time.Second && p.Count == askCount
}

// valuesOf is how many of the values in now are those asked for.
func valuesOf(now, asked conn.Params) int {
	return toInt(now.Idle == asked.Idle) + toInt(now.Interval == asked.Interval) + toInt(now.Count == asked.Count)
}

// putBack is the value that an option is to have.
func putBack[T comparable](now, asked, before T) T {
	if now == asked {
		return before
	}
	return now
}

// restoreReuse sets SO_REUSEADDR again, which a window probe clears.
func (b borrowed) restoreReuse(old *settings) error {
	if old.ReuseAddr == nil || !*old.ReuseAddr {
		return nil
	}
	now, err := unix.GetsockoptInt(b.fd, unix.SOL_SOCKET, unix.SO_REUSEADDR)
	if err != nil || now != 0 {
		return err
	}
	return b.set("SO_REUSEADDR", unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
}
