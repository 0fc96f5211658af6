package ui

import (
	"math"
	"time"

	"github.com/katop/katop/conn"
)

// A course shows the last minutes: a value each few seconds.
const (
	courseStep   = 10 * time.Second
	courseLength = 60
)

// course is how a number went, the mean of each step.
type course struct {
	steps *conn.Course
	end   time.Time // of the step that is under way
	sum   float64
	n     int
}

func newCourse() *course { return &course{steps: conn.NewCourse(courseLength)} }

// add takes in a value of the moment at.
func (c *course) add(at time.Time, value float64, known bool) {
	if c.end.IsZero() {
		c.end = at.Add(courseStep)
	}
	for passed := 0; !at.Before(c.end); passed++ {
		if passed > courseLength { // nothing of before is left
			c.end = at.Add(courseStep)
			break
		}
		c.steps.Add(c.mean(), c.n > 0)
		c.sum, c.n = 0, 0
		c.end = c.end.Add(courseStep)
	}
	if known {
		c.sum += value
		c.n++
	}
}

// mean is that of the step that is under way, NaN before its first value.
func (c *course) mean() float64 {
	if c.n == 0 {
		return math.NaN()
	}
	return c.sum / float64(c.n)
}

// values are those of all steps, the oldest first; NaN where none is known.
func (c *course) values() []float64 { return append(c.steps.Values(nil), c.mean()) }

// runs tells whether there is a course to be seen yet.
func (c *course) runs() bool {
	known := 0
	for _, v := range c.values() {
		if !math.IsNaN(v) {
			known++
		}
	}
	return known > 1
}

// courses are those of the whole host.
type courses struct {
	connections, probes, retransmissions, deaths, timeWait *course
}

func newCourses() courses {
	return courses{newCourse(), newCourse(), newCourse(), newCourse(), newCourse()}
}

// take adds what a fresh intake tells.
func (c *courses) take(in *intake) {
	at := in.snapshot.At
	rate := func(to *course, r conn.Rate) { to.add(at, r.PerSecond, r.Known) }
	c.connections.add(at, float64(in.summary.Total), true)
	c.timeWait.add(at, float64(in.summary.ByState[conn.StateTimeWait]), true)
	rate(c.probes, in.rates.Probes)
	rate(c.retransmissions, in.rates.Retransmissions)
	rate(c.deaths, in.deaths)
}

// sparklineWidth is the width of a sparkline, in steps of its course.
const sparklineWidth = 24
