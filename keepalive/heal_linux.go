package keepalive

import (
	"context"
	"errors"
	"maps"

	"github.com/katop/katop/conn"
)

// Heal puts back the options of connections whose check was ended by SIGKILL or
// a crash, as the journal has them, and returns one result for each of those.
// It is for the start of every katop, and only passes over the journal when there
// is nothing to do. A check that runs in a living katop is left alone, and so is a
// connection of which katop has no right, until one comes that has.
func (c *Controller) Heal(ctx context.Context) ([]conn.Result, error) {
	text, err := c.journal.checks(ctx)
	if err != nil {
		return nil, err
	}
	var results []conn.Result
	for _, cmd := range replay(text) {
		if !cmd.unfinished() || cmd.by.living() {
			continue
		}
		log := c.log(conn.ActionProbe, "")
		log.id, log.begun = cmd.id, true
		healed, err := log.heal(ctx, cmd)
		results = append(results, healed...)
		if err != nil {
			return results, err
		}
	}
	return results, ctx.Err()
}

func (cmd *command) unfinished() bool {
	for i := range cmd.records {
		if cmd.records[i].after == nil {
			return true
		}
	}
	return false
}

// heal puts back what the check left behind and writes the lines that are
// missing in the journal.
func (l *log) heal(ctx context.Context, cmd *command) (results []conn.Result, err error) {
	var open []*healing
	lost := make(map[uint32]bool)
	for i := range cmd.records {
		r := &cmd.records[i]
		if r.after != nil || ctx.Err() != nil {
			continue
		}
		h := &healing{n: r.before.N, old: r.before.Old, result: conn.Result{Connection: r.before.connection()}}
		if cmd.by.Boot == l.by.Boot {
			h.heal()
			lost[h.result.Connection.Inode] = h.result.Outcome == conn.OutcomeGone
		} else {
			h.settle(conn.OutcomeGone, "the host was booted since")
		}
		open = append(open, h)
	}
	healLost(open, lost)
	var ended []entry
	for _, h := range open {
		results = append(results, h.result)
		if h.settled {
			ended = append(ended, l.end(h.n, h.result))
		}
	}
	return results, l.write(context.WithoutCancel(ctx), ended, true)
}

// healLost looks for those that are no longer behind their owners' descriptors
// with other processes: the owner may have closed or handed on its own.
func healLost(open []*healing, lost map[uint32]bool) {
	maps.DeleteFunc(lost, func(inode uint32, is bool) bool { return !is || inode == 0 })
	if len(lost) == 0 {
		return
	}
	found := holders(lost)
	for _, h := range open {
		if owners := found[h.result.Connection.Inode]; len(owners) > 0 {
			h.result.Connection.Owners = owners
			h.heal()
		}
	}
}

// healing is one connection whose check was killed.
type healing struct {
	n       int // in the journal
	old     *settings
	result  conn.Result
	settled bool // no other katop could do more
}

// heal puts the options of the connection back.
func (h *healing) heal() {
	r := &h.result
	_, err := borrow(&r.Connection, func(b borrowed) (err error) {
		if r.Before, err = b.keepalive(); err != nil {
			return err
		}
		failed := b.restore(h.old)
		if r.After, err = b.keepalive(); err != nil {
			return err
		}
		return failed
	})
	switch {
	case errors.Is(err, errTakenOver):
		h.settle(conn.OutcomeDiffers, err.Error())
	case err != nil:
		h.settle(outcomeOf(err))
		h.settled = r.Outcome == conn.OutcomeGone
	case r.Before == r.After:
		h.settle(conn.OutcomeUnchanged, "")
	default:
		h.settle(conn.OutcomeDone, "put back after a check that was killed")
	}
}

func (h *healing) settle(o conn.Outcome, reason string) {
	h.result.Outcome, h.result.Reason, h.settled = o, reason, true
}
