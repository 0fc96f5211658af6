package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// pairMemory is what a connection takes at most, kernel and processes together,
// in bytes.
const pairMemory = 32 << 10

// measure goes through the sizes from small to large, opening connections as it
// goes: the sizes of the goals, where n is 100,000.
//
// What fails is noted and left out.
func measure(ctx context.Context, p plan, k *katop, l *load, r *report) (err error) {
	for _, size := range []struct {
		sockets int
		steps   []step
	}{
		{p.sockets / 20, []step{{nameMonitor, r.watch}}},
		{p.sockets / 10, []step{{nameFrame, r.firstFrame}, {nameScale, r.scale}}},
		{p.sockets / 2, []step{{nameMonitor, r.watch}}},
		{p.sockets, []step{{nameContest, r.contest}, {nameKeys, r.keys}, {nameBulk, r.bulk}}},
		{p.sockets * 3, []step{{nameScale, r.scale}}},
	} {
		err = errors.Join(err, atSize(ctx, p, size.sockets, size.steps, k, l, r))
		if ctx.Err() != nil {
			return err
		}
	}
	return err
}

// step measures one thing and puts it into the report.
type step struct {
	name string
	run  func(context.Context, *katop, *load) error
}

// The names of the steps, for -only.
const (
	nameMonitor = "monitor"
	nameContest = "contest"
	nameKeys    = "keys"
	nameScale   = "scale"
)

func stepNames() []string {
	return []string{nameMonitor, nameFrame, nameScale, nameContest, nameKeys, nameBulk}
}

func atSize(ctx context.Context, p plan, sockets int, steps []step, k *katop, l *load, r *report) (err error) {
	for _, s := range steps {
		if p.only != "" && s.name != p.only {
			continue
		}
		if need := uint64(max(0, sockets/2-l.pairs)) * pairMemory; need > meminfo("MemAvailable:") {
			r.note("%s, %d sockets: left out, there is not enough memory: it might take %d MB.", s.name, sockets, need>>20)
			continue
		}
		if err := l.grow(ctx, sockets); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s, %d sockets\n", s.name, l.sockets())
		if failed := s.run(ctx, k, l); failed != nil {
			err = errors.Join(err, fmt.Errorf("%s at %d sockets: %w", s.name, l.sockets(), failed))
			r.note("%s, %d sockets: failed.", s.name, l.sockets())
		}
	}
	return err
}

func (r *report) watch(ctx context.Context, k *katop, l *load) error {
	b, err := watch(ctx, l, k, r.plan.watch)
	if err == nil {
		r.burdens = append(r.burdens, b)
	}
	return err
}

func (r *report) firstFrame(ctx context.Context, k *katop, l *load) error {
	timings, err := hold(ctx, r.plan.rounds, []contestant{firstFrames(l, k)})
	r.frames = heat{l.sockets(), timings}
	return err
}

func (r *report) keys(ctx context.Context, k *katop, l *load) (err error) {
	r.answers, err = pressKeys(ctx, l, k, r.plan)
	return err
}

// contest is everything that lists or refreshes, by turns.
func (r *report) contest(ctx context.Context, k *katop, l *load) (err error) {
	warm, cold, c, err := refreshes(ctx, l)
	if c != nil {
		defer func() { err = errors.Join(err, c.Close()) }()
	}
	if err != nil {
		return err
	}
	listers, missing := programs(k, l)
	for _, name := range missing {
		r.note("%s is not installed here and was left out.", name)
	}
	timings, err := hold(ctx, r.plan.rounds, append([]contestant{floor(l), warm, cold}, listers...))
	r.contests = heat{l.sockets(), timings}
	return err
}

// scale is what must grow with the number of sockets and no faster.
func (r *report) scale(ctx context.Context, k *katop, l *load) (err error) {
	warm, cold, c, err := refreshes(ctx, l)
	if c != nil {
		defer func() { err = errors.Join(err, c.Close()) }()
	}
	if err != nil {
		return err
	}
	listers, _ := programs(k, l)
	timings, err := hold(ctx, r.plan.rounds, []contestant{floor(l), warm, cold, listers[0]})
	if err == nil {
		r.scales = append(r.scales, heat{l.sockets(), timings})
	}
	return err
}

// bulk changes every connection each time. Each begins with no journal.
func (r *report) bulk(ctx context.Context, k *katop, l *load) error {
	// Idle so long that no probe goes out at once, as above all of them would.
	params := []string{"3h:75:9", "4h:60:5"}
	round := 0
	timings, err := hold(ctx, r.plan.rounds, []contestant{{
		nameBulk, "katop keepalive on --all --yes --params " + params[0],
		func(ctx context.Context) (sample, error) {
			if err := l.forget(); err != nil {
				return sample{}, err
			}
			round++
			return l.time(ctx, k.command("keepalive", "on", "--all", "--yes", "--params", params[round%len(params)], own))
		},
	}})
	r.bulks = heat{l.sockets(), timings}
	return err
}
