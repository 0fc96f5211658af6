package keepalive

import (
	"context"
	"sync"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive/bpf"
)

// workers is how many connections are set at the same time.
const workers = 4

// change is one connection to be set.
type change struct {
	target *conn.Connection
	// want is what the connection is to become, from what it is now. An error
	// refuses it.
	want func(now conn.Keepalive) (conn.Keepalive, error)

	n       int       // in the journal: the first that is changed is 0
	checker int32     // the katop that is checking the connection, 0 for none
	seen    *bpf.Seen // by bulk; nil if a descriptor is the way
	owner   conn.Owner
	to      conn.Keepalive
	result  *conn.Result
}

// way is how connections are reached: by their owners' descriptors, or all of a
// network namespace at once.
type way interface {
	// batch is how many connections share one write of the journal.
	batch() int
	// look reads the connections and decides what they are to become.
	look(ctx context.Context, changes []*change)
	// do sets them, if they still are as they were when that was decided, and
	// reads them back. It calls report for each that it has done, and leaves
	// the outcome of the others unknown when ctx ends.
	do(ctx context.Context, changes []*change, report func())
}

// set makes the changes, batch by batch: read all, write the journal, set all,
// write the journal. It fails only if the first entries cannot be written.
func (c *Controller) set(ctx context.Context, log *log, changes []change, progress func(done, total int)) ([]conn.Result, error) {
	checked, err := c.journal.checked(ctx)
	if err != nil {
		return nil, err
	}
	results := make([]conn.Result, len(changes))
	for i := range changes {
		ch := &changes[i]
		results[i] = conn.Result{Connection: *ch.target, Outcome: conn.OutcomeNotReached}
		ch.checker, ch.result = checked[ch.target.Cookie], &results[i]
	}
	report := counter(progress, len(changes))
	way, done := c.wayFor(changes)
	defer done()
	for rest := changes; len(rest) > 0 && ctx.Err() == nil; {
		part := rest[:min(way.batch(), len(rest))]
		if err := log.setBatch(ctx, way, part, report); err != nil {
			if len(rest) == len(changes) {
				return nil, err
			}
			refuseAll(rest, err)
			break
		}
		rest = rest[len(part):]
	}
	return results, ctx.Err()
}

func refuseAll(changes []change, err error) {
	for i := range changes {
		changes[i].result.Outcome, changes[i].result.Reason = outcomeOf(err)
	}
}

// setBatch makes some changes. An error says that none was begun.
func (l *log) setBatch(ctx context.Context, way way, changes []change, report func()) error {
	all := make([]*change, len(changes))
	for i := range changes {
		all[i] = &changes[i]
	}
	way.look(ctx, all)
	due := undecided(all, report)
	for _, ch := range due {
		ch.n = l.records
		l.records++
	}
	begin := func(i int, d *draft) {
		ch := due[i]
		l.beginIn(d, ch.n, ch.target, ch.owner)
		d.turn(ch.result.Before, ch.to)
	}
	if err := l.writeEach(ctx, len(due), begin, true); err != nil {
		if ctx.Err() == nil {
			return err
		}
		notReached(due)
		return nil
	}
	way.do(ctx, due, report)
	notReached(due)
	// What is set is set: replay finds it out where these lines are missing.
	_ = l.write(context.WithoutCancel(ctx), l.endAll(due), false)
	return nil
}

// undecided are the changes that are to be made, and reports the others.
func undecided(changes []*change, report func()) []*change {
	var due []*change
	for _, ch := range changes {
		switch ch.result.Outcome {
		case conn.OutcomeUnknown:
			due = append(due, ch)
		case conn.OutcomeNotReached:
		default:
			report()
		}
	}
	return due
}

// notReached says so of the changes of which nothing became.
func notReached(changes []*change) {
	for _, ch := range changes {
		if ch.result.Outcome == conn.OutcomeUnknown {
			ch.result.Outcome = conn.OutcomeNotReached
		}
	}
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
