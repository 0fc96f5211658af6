package keepalive

import (
	"context"
	"errors"

	"github.com/katop/katop/conn"
)

// What a check has set for a moment must not be taken for the settings of the
// program. A change looks into the journal for the checks of living katops; the
// values themselves are refused too, for the checks that began later or are in
// the journal of another user.
var (
	errTemporary = errors.New("it has the values of a liveness check, which another katop runs or left behind when it was killed: try again in 4 s, or start that user's katop again")
	errOfChecks  = errors.New("with an interval of 32767 s and a count of 127 it could not be told from a connection that is being checked: give other values")
)

// temporary tells whether the settings are those of a check.
func temporary(k conn.Keepalive) bool { return k.State == conn.KeepaliveOn && ofCheck(k.Params) }

// checked are the connections that living katops are checking: by their cookies,
// the PIDs.
func (j journal) checked(ctx context.Context) (map[uint64]int32, error) {
	text, err := j.checks(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[uint64]int32)
	for _, cmd := range replay(text) {
		if !cmd.unfinished() || !cmd.by.living() {
			continue
		}
		for i := range cmd.records {
			if r := &cmd.records[i]; r.after == nil {
				found[r.before.Connection.Cookie] = cmd.by.PID
			}
		}
	}
	return found, nil
}
