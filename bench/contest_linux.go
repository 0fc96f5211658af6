package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

// contestant is one of those that are measured by turns.
type contestant struct {
	name    string
	command string // as a user types it, or what it is
	run     func(context.Context) (sample, error)
}

// sample is what one run took.
type sample struct {
	wall time.Duration
	cpu  time.Duration // user and system; 0 where it is not known
}

// timing is what all runs of a contestant took.
type timing struct {
	contestant
	samples []sample
}

// hold lets the contestants run by turns, so that what else the machine does
// hits all of them alike. One round before is not counted.
func hold(ctx context.Context, rounds int, contestants []contestant) ([]timing, error) {
	timings := make([]timing, len(contestants))
	for round := range rounds + 1 {
		for i, c := range contestants {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			s, err := c.run(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			timings[i].contestant = c
			if round > 0 {
				timings[i].samples = append(timings[i].samples, s)
				fmt.Fprintf(os.Stderr, "  %d/%d %-20s %v\n", round, rounds, c.name, s.wall.Round(time.Millisecond))
			}
		}
	}
	return timings, nil
}

func (t *timing) median() time.Duration { return middle(t.walls()) }

func (t *timing) least() time.Duration { return slices.Min(t.walls()) }

func (t *timing) walls() []time.Duration {
	walls := make([]time.Duration, len(t.samples))
	for i, s := range t.samples {
		walls[i] = s.wall
	}
	return walls
}

func (t *timing) cpu() time.Duration {
	used := make([]time.Duration, len(t.samples))
	for i, s := range t.samples {
		used[i] = s.cpu
	}
	return middle(used)
}

func middle[N cmp.Ordered](values []N) N { return quantile(values, 0.5) }

// quantile is the value that the share q of all values does not exceed.
func quantile[N cmp.Ordered](values []N, q float64) N {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
