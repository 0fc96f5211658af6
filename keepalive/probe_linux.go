package keepalive

import (
	"context"
	"time"

	"github.com/katop/katop/conn"
)

// The pace of a check: how often the connections are looked at, soon after they
// were asked and later.
const (
	firstLook = 2 * time.Millisecond
	lastLook  = 50 * time.Millisecond
)

// Probe asks the peers of the connections whether they live, and waits for the
// answers up to timeout (0: DefaultProbeTimeout). Nothing of a connection is
// other afterwards, but that the kernel has counted the probes that went
// unanswered where keepalive is off, until an ACK comes; and no connection can
// die of it: see probing. All are asked at once and watched together.
//
// It restores what it touched when ctx ends as well; after SIGKILL, Heal does.
func (c *Controller) Probe(ctx context.Context, targets []conn.Connection, timeout time.Duration, progress func(done, total int)) ([]conn.ProbeResult, error) {
	if timeout == 0 {
		timeout = DefaultProbeTimeout
	}
	probings := make([]probing, len(targets))
	for i := range targets {
		probings[i] = newProbing(targets[i])
	}
	report := counter(progress, len(targets))
	log := c.log(conn.ActionProbe, "")
	err := log.probe(ctx, probings, timeout, report)
	if err != nil {
		return nil, err
	}
	results := make([]conn.ProbeResult, len(targets))
	for i := range probings {
		results[i] = probings[i].result
	}
	return results, ctx.Err()
}

// probe runs the check. An error says that none was begun.
func (l *log) probe(ctx context.Context, probings []probing, timeout time.Duration, report func()) error {
	var open []*probing // those that are not decided
	for i := range probings {
		if ctx.Err() == nil && probings[i].inspect() {
			open = append(open, &probings[i])
		}
	}
	begun := make([]entry, len(open))
	for i, p := range open {
		p.n = i
		begun[i] = l.begin(i, &p.target, p.owner, p.old, p.old.asked())
	}
	if err := l.write(ctx, begun, true); err != nil {
		return err
	}
	asked := open
	deadline := time.Now().Add(timeout)
	for i, p := range open {
		if ctx.Err() != nil {
			open = open[:i]
			break
		}
		p.begin()
	}
	for range len(probings) - len(asked) {
		report()
	}
	l.watch(ctx, open, deadline, report)
	restoreLost(asked)
	l.note(ctx, asked, lockPatience)
	return nil
}

// note writes the lines after of those that are decided and restored, unless
// they are written already. Where they are missing, Heal finds nothing left to
// restore.
func (l *log) note(ctx context.Context, probings []*probing, patience time.Duration) {
	var due []*probing
	var ended []entry
	for _, p := range probings {
		if !p.noted && p.restored() {
			due = append(due, p)
			ended = append(ended, l.end(p.n, conn.Result{Outcome: p.result.Outcome, Reason: p.result.Reason}))
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	written := l.write(ctx, ended, false) == nil
	for _, p := range due {
		p.noted = written
	}
}

// watch looks at the connections until all are decided or the time is over, and
// restores each when it is decided. Those lines after that do not find the
// journal free at once are left to the end.
func (l *log) watch(ctx context.Context, open []*probing, deadline time.Time, report func()) {
	pace := firstLook
	for len(open) > 0 {
		over := !pause(ctx, min(pace, time.Until(deadline)))
		over = over || !time.Now().Before(deadline)
		pace = min(pace*3/2, lastLook)
		var left, decided []*probing
		for _, p := range open {
			again := p.look()
			switch {
			case p.decided():
			case ctx.Err() != nil:
				p.cutShort()
			case over:
				p.giveUp()
			default:
				if again {
					pace = firstLook
				}
				left = append(left, p)
				continue
			}
			p.restore()
			report()
			decided = append(decided, p)
		}
		l.note(ctx, decided, lastLook)
		open = left
	}
}

// pause waits, and tells whether ctx is still good.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(max(0, d))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
