package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/katop/katop/conn"
)

// eventTeller prints and logs the events of a source.
type eventTeller struct {
	source         Source
	filter         *conn.Filter
	log            *eventLog
	stdout, stderr io.Writer
	write          func(w io.Writer, s *conn.Snapshot, order []int32) error

	polled bool
	warned map[string]bool // what need not be said again
}

// tell goes on until ctx ends, or until the time is over; 0 is no limit. Then it
// looks once more, for what has happened since the last look and for what waited
// for this one.
func (t *eventTeller) tell(ctx context.Context, length time.Duration) error {
	var over <-chan time.Time
	if length > 0 {
		over = time.After(length)
	}
	tick := time.NewTicker(betweenEvents)
	defer tick.Stop()
	last := conn.Want{Final: true}
	for {
		if err := t.look(ctx, conn.Want{}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			if !t.polled {
				return nil // nothing can have happened since
			}
			return t.look(context.WithoutCancel(ctx), last)
		case <-over:
			return t.look(ctx, last)
		case <-tick.C:
		}
	}
}

// look tells what has happened since the last look. A failure between the first
// and the final look is said, and the next one tries again. The want has no
// filter: that would hide which connections are there, and with it what follows
// from their absence. That an interrupted look fails is no failure; one that was
// done by then has events that no other look brings again.
func (t *eventTeller) look(ctx context.Context, want conn.Want) error {
	s, err := poll(ctx, t.source, want)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil
	case err != nil && (!t.polled || want.Final):
		return err
	case err != nil:
		t.warnOnce(err.Error(), err.Error()+"; trying again")
		return nil
	}
	t.polled = true
	t.warnOf(s)
	var order []int32
	for i := range s.Events {
		if t.filter.MatchEvent(&s.Events[i]) {
			order = append(order, int32(i))
		}
	}
	if err := t.log.append(s, order); err != nil {
		return err
	}
	return t.write(t.stdout, s, order)
}

// warnOf says what the events lack: once, as far as it is the same all the time.
func (t *eventTeller) warnOf(s *conn.Snapshot) {
	for _, h := range s.Hidden {
		t.warnOnce(h.Why, h.String())
	}
	if s.EventsDropped > 0 {
		warn(t.stderr, fmt.Sprintf("%s of ended connections lost: more came than could be read", conn.HowMany(int(s.EventsDropped), "report")))
	}
}

func (t *eventTeller) warnOnce(about, line string) {
	if t.warned[about] {
		return
	}
	if t.warned == nil {
		t.warned = map[string]bool{}
	}
	t.warned[about] = true
	warn(t.stderr, line)
}
