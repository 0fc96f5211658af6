package main

import (
	"fmt"
	"time"

	"github.com/katop/katop/conn"
)

// goal is what katop promises, and what was measured.
type goal struct {
	what, aim, measured string
	met                 bool
}

// The goals, at 100,000 sockets where nothing else is said.
const (
	goalList     = 1.0 / 12 // of ss -tanpoi, with the fast path
	goalNoBPF    = 1.0 / 5  // without
	goalWarm     = 1.6      // of the bare dump
	goalKey      = 16 * time.Millisecond
	goalFrame    = 150 * time.Millisecond // at a tenth
	goalBulk     = 2 * time.Second
	goalConstant = 1.25 // the dearest socket against the cheapest
)

// goalBurden is that of the monitor: at a half, or at a twentieth.
func goalBurden(sockets, all int) burden {
	if sockets < all/10 {
		return burden{percent: 1.5, peak: 45e6}
	}
	return burden{percent: 10, peak: 90e6}
}

// goals are those of which something was measured.
func (r *report) goals() (goals []goal) {
	ratio := func(name, against string, limit float64, aim string) {
		if got, known := r.contests.ratio(name, against); known {
			goals = append(goals, goal{fmt.Sprintf("%s against %s", name, against), aim, fmt.Sprintf("%.2f (1/%.1f)", got, 1/got), got <= limit})
		}
	}
	within := func(h *heat, name string, limit time.Duration) {
		if t := h.find(name); t != nil {
			goals = append(goals, goal{at(name, h.sockets), "under " + milliseconds(limit), milliseconds(t.median()), t.median() < limit})
		}
	}
	ratio(nameList, nameSS, goalList, "at most 1/12")
	ratio(nameNoBPF, nameSS, goalNoBPF, "at most 1/5")
	ratio(nameWarm, nameFloor, goalWarm, "at most 1.6")
	for _, b := range r.burdens {
		limit := goalBurden(b.sockets, r.plan.sockets)
		goals = append(goals, goal{
			at("monitor", b.sockets), fmt.Sprintf("under %.3g %%, %d MB", limit.percent, limit.peak/1e6),
			fmt.Sprintf("%.1f %%, %d MB", b.percent, b.peak/1e6), b.percent < limit.percent && b.peak < limit.peak,
		})
	}
	if took := r.answers.all(); len(took) > 0 {
		slowest := quantile(took, 0.99)
		goals = append(goals, goal{at("key to frame, p99", r.answers.sockets), "under " + milliseconds(goalKey), milliseconds(slowest), slowest < goalKey})
	}
	within(&r.frames, nameFrame, goalFrame)
	within(&r.bulks, nameBulk, goalBulk)
	return append(goals, r.constancy()...)
}

// constancy is how far the cost of a socket depends on their number.
func (r *report) constancy() (goals []goal) {
	if len(r.scales) < 2 {
		return nil
	}
	for _, name := range []string{nameWarm, nameList} {
		least, most := r.scales[0].each(name), r.scales[0].each(name)
		for i := range r.scales {
			least, most = min(least, r.scales[i].each(name)), max(most, r.scales[i].each(name))
		}
		goals = append(goals, goal{
			fmt.Sprintf("%s, a socket, %s to %s", name, conn.Whole(r.scales[0].sockets), conn.Whole(r.scales[len(r.scales)-1].sockets)),
			"constant within 25 %", fmt.Sprintf("%.2f to %.2f µs", least, most), most <= goalConstant*least,
		})
	}
	return goals
}

func at(what string, sockets int) string { return what + ", " + conn.Whole(sockets) + " sockets" }
