package keepalive

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

const (
	// batch is how many connections share one write of the journal.
	batch = 256
	// workers is how many connections are set at the same time.
	workers = 4
)

// change is one connection to be set.
type change struct {
	target conn.Connection
	// want is what the connection is to become, from what it is now. An error
	// refuses it.
	want func(now conn.Keepalive) (conn.Keepalive, error)

	n       int   // in the journal: the first that is changed is 0
	checker int32 // the katop that is checking the connection, 0 for none
	owner   conn.Owner
	to      conn.Keepalive
	result  conn.Result
}

// set makes the changes, batch by batch: read all, write the journal, set all,
// write the journal. It fails only if the first entries cannot be written.
func (c *Controller) set(ctx context.Context, log *log, changes []change, progress func(done, total int)) ([]conn.Result, error) {
	checked, err := c.journal.checked(ctx)
	if err != nil {
		return nil, err
	}
	for i := range changes {
		changes[i].checker = checked[changes[i].target.Cookie]
		changes[i].result = conn.Result{Connection: changes[i].target, Outcome: conn.OutcomeNotReached}
	}
	report := counter(progress, len(changes))
	for rest := changes; len(rest) > 0 && ctx.Err() == nil; {
		part := rest[:min(batch, len(rest))]
		if err := log.setBatch(ctx, part, report); err != nil {
			if len(rest) == len(changes) {
				return nil, err
			}
			refuseAll(rest, err)
			break
		}
		rest = rest[len(part):]
	}
	results := make([]conn.Result, len(changes))
	for i := range changes {
		results[i] = changes[i].result
	}
	return results, ctx.Err()
}

func refuseAll(changes []change, err error) {
	for i := range changes {
		changes[i].result.Outcome, changes[i].result.Reason = outcomeOf(err)
	}
}

// setBatch makes some changes. An error says that none was begun.
func (l *log) setBatch(ctx context.Context, changes []change, report func()) error {
	inParallel(changes, func(ch *change) {
		if ctx.Err() == nil {
			ch.look()
		}
	})
	var due []*change
	for i := range changes {
		switch changes[i].result.Outcome {
		case conn.OutcomeUnknown:
			due = append(due, &changes[i])
		case conn.OutcomeNotReached:
		default:
			report()
		}
	}
	begun := make([]entry, len(due))
	for i, ch := range due {
		ch.n = l.records
		l.records++
		begun[i] = l.begin(ch.n, &ch.target, ch.owner, settingsOf(ch.result.Before), settingsOf(ch.to))
	}
	if err := l.write(ctx, begun, true); err != nil {
		if ctx.Err() == nil {
			return err
		}
		for _, ch := range due {
			ch.result.Outcome = conn.OutcomeNotReached
		}
		return nil
	}
	inParallel(due, func(ch **change) {
		if ctx.Err() != nil {
			(*ch).result.Outcome = conn.OutcomeNotReached
			return
		}
		(*ch).do()
		report()
	})
	ended := make([]entry, len(due))
	for i, ch := range due {
		ended[i] = l.end(ch.n, ch.result)
	}
	// What is set is set: replay finds it out where these lines are missing.
	_ = l.write(context.WithoutCancel(ctx), ended, false)
	return nil
}

// look reads what the connection has now and decides what it is to become. It
// leaves the outcome unknown if there is something to do.
func (ch *change) look() {
	r := &ch.result
	if ch.checker != 0 {
		r.Outcome, r.Reason = outcomeOf(fmt.Errorf("it is being checked by PID %d: try again in 4 s", ch.checker))
		return
	}
	var err error
	ch.owner, err = borrow(&ch.target, func(b borrowed) error {
		var err error
		r.Before, ch.to, err = ch.decide(b)
		return err
	})
	switch {
	case err != nil:
		r.Outcome, r.Reason = outcomeOf(err)
	case r.Before == ch.to:
		r.Outcome, r.After = conn.OutcomeUnchanged, r.Before
	default:
		r.Outcome = conn.OutcomeUnknown
	}
}

func (ch *change) decide(b borrowed) (now, to conn.Keepalive, err error) {
	if err := b.sameEnds(&ch.target); err != nil {
		return now, to, err
	}
	if now, err = b.keepalive(); err != nil {
		return now, to, err
	}
	if temporary(now) {
		return now, to, errTemporary
	}
	if to, err = ch.want(now); err != nil {
		return now, to, err
	}
	if temporary(to) {
		return now, to, errOfChecks
	}
	return now, to, b.survives(now, to)
}

// survives refuses settings under which the kernel would drop the connection
// when the timer fires next, without asking the peer once more: probes that
// went unanswered count, those of a liveness check included, and stay counted
// until an ACK comes (net/ipv4/tcp_timer.c, tcp_keepalive_timer).
//
// A user timeout counts from the time when the data that waits was sent first,
// or when the window was first found closed, though it be set later
// (tcp_timer.c, retransmits_timed_out and tcp_probe_timer). Of a listener
// tcpi_unacked is the backlog, and there is nothing to drop.
func (b borrowed) survives(now, to conn.Keepalive) error {
	if b.protocol != unix.IPPROTO_TCP {
		return nil
	}
	info, err := b.info()
	if err != nil {
		return err
	}
	shorter := to.UserTimeout > 0 && (now.UserTimeout == 0 || to.UserTimeout < now.UserTimeout)
	unanswered := int(info.Probes)
	switch {
	case info.State == tcpListen:
		return nil
	case unanswered > 0 && !drops(now, unanswered) && drops(to, unanswered):
		return dropped(unanswered, to)
	case shorter && (info.Unacked > 0 || info.Notsent_bytes > 0 || info.Retransmits > 0 || info.Backoff > 0 || info.Probes > 0):
		return errWaiting
	}
	return nil
}

var errWaiting = errors.New("data has waited for an answer: a user timeout would count from its beginning and drop the connection: try again when it is acknowledged")

func dropped(unanswered int, to conn.Keepalive) error {
	return fmt.Errorf("%d probes are unanswered, so with a count of %d the kernel would drop it without asking again: check whether it lives, or give a higher count and no user timeout",
		unanswered, to.Params.Count)
}

// drops tells whether a connection with as many unanswered probes is dropped
// when the timer fires next.
func drops(k conn.Keepalive, unanswered int) bool {
	switch {
	case k.State != conn.KeepaliveOn:
		return false
	case k.UserTimeout > 0:
		return unanswered > 0
	}
	return unanswered >= k.Params.Count
}

var errChangedMeanwhile = errors.New("its settings changed while they were being read: try again")

// do sets the connection and reads it back.
func (ch *change) do() {
	r := &ch.result
	_, err := borrow(&ch.target, func(b borrowed) error {
		now, to, err := ch.decide(b)
		if err != nil {
			return err
		}
		if now != r.Before || to != ch.to {
			return errChangedMeanwhile
		}
		failed := b.setSettings(now, to)
		if r.After, err = b.keepalive(); err != nil {
			return err
		}
		return failed
	})
	switch {
	case r.After == ch.to:
		r.Outcome = conn.OutcomeDone
	case err == nil, r.After != (conn.Keepalive{}) && r.After != r.Before:
		r.Outcome, r.Reason = conn.OutcomeDiffers, "it reads "+describe(r.After)
		if err != nil {
			r.Reason += ": " + err.Error()
		}
	default:
		r.Outcome, r.Reason = outcomeOf(err)
	}
}

// describe writes settings for a reason.
func describe(k conn.Keepalive) string {
	return conn.Setting{State: k.State, Params: k.Params, UserTimeout: k.UserTimeout, SetUserTimeout: true}.String()
}

// inParallel calls each for every element, workers of them at a time.
func inParallel[T any](all []T, each func(*T)) {
	var wait sync.WaitGroup
	for w := range min(workers, len(all)) {
		wait.Go(func() {
			for i := w; i < len(all); i += workers {
				each(&all[i])
			}
		})
	}
	wait.Wait()
}

// counter makes the function that a progress is reported by.
func counter(progress func(done, total int), total int) func() {
	if progress == nil {
		return func() {}
	}
	var mu sync.Mutex
	done := 0
	return func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		progress(done, total)
	}
}
