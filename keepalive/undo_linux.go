package keepalive

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/katop/katop/conn"
)

// ErrNothingToUndo says that the journal has no command that could be taken
// back.
var ErrNothingToUndo = errors.New("nothing to undo: no change of keepalive settings is in the journal that was not taken back already")

// Undo takes back what the command id changed, or for "" the last one that was
// not taken back yet; with an id also one that was. Only those connections are
// set that still have what the command gave them. A command that Undo went
// through to its end counts as taken back, whatever became of each connection:
// the next Undo takes the one before it.
func (c *Controller) Undo(ctx context.Context, id string, progress func(done, total int)) ([]conn.Result, error) {
	text, err := c.journal.read(ctx)
	if err != nil {
		return nil, err
	}
	last, err := lastUndoable(replay(text), id)
	if err != nil {
		return nil, err
	}
	log := c.log(conn.ActionUndo, last.id)
	if last.by.Boot != log.by.Boot {
		return nil, fmt.Errorf("cannot undo %s: the host was booted since, none of its connections can be there any more", last.id)
	}
	results, err := c.set(ctx, log, last.reversed(), progress)
	if err != nil {
		return results, err
	}
	if all := last.begun(); all > len(last.records) {
		return results, fmt.Errorf("cannot take back all of %s: %d of %d connections are no longer in the journal: set them by hand", last.id, all-len(last.records), all)
	}
	done := entry{Schema: entrySchema, ID: log.id, At: c.now(), Kind: conn.ActionUndo.String(), Undoes: last.id, Complete: true}
	return results, log.write(ctx, []entry{done}, true)
}

// lastUndoable is the command id, or for "" the last that can be taken back.
func lastUndoable(commands []*command, id string) (*command, error) {
	for _, cmd := range slices.Backward(commands) {
		switch {
		case id == "" && cmd.action.Undoable():
			return cmd, nil
		case id != cmd.id:
		case cmd.action.Kind == conn.ActionKeepalive && slices.ContainsFunc(cmd.action.Results, changed):
			return cmd, nil
		default:
			return nil, fmt.Errorf("cannot undo %s: it is of kind %s and changed nothing that could be taken back", id, cmd.action.Kind)
		}
	}
	if id != "" {
		return nil, fmt.Errorf("cannot undo %s: no such command in the journal", id)
	}
	return nil, ErrNothingToUndo
}

func changed(r conn.Result) bool { return r.Changed() }

// reversed are the changes that take the command back.
func (cmd *command) reversed() []change {
	var changes []change
	for i := range cmd.records {
		r := &cmd.records[i]
		if !cmd.action.Results[i].Changed() {
			continue
		}
		old, set, target := r.before.Old.keepalive(), r.set(), r.before.connection()
		changes = append(changes, change{
			target: &target,
			want: func(now conn.Keepalive) (conn.Keepalive, error) {
				if now != set && now != old {
					return now, fmt.Errorf("it was changed since: it has %s, the command left it with %s", describe(now), describe(set))
				}
				return old, nil
			},
		})
	}
	return changes
}
