package ui

import (
	"fmt"
	"testing"
	"time"
)

// TestCourse holds the mean of a step, a gap, and what follows a long pause.
func TestCourse(t *testing.T) {
	t.Parallel()
	c := newCourse()
	c.add(three, 2, true)
	c.add(three.Add(time.Second), 4, true)
	c.add(three.Add(2*time.Second), 0, false)
	c.add(three.Add(courseStep+time.Second), 0, false)
	c.add(three.Add(2*courseStep+time.Second), 7, true)
	if got := fmt.Sprint(c.values()); got != "[3 NaN 7]" {
		t.Errorf("%s", got)
	}
	c.add(three.Add(24*time.Hour), 1, true)
	values := c.values()
	if got := values[len(values)-1]; len(values) != courseLength+1 || got != 1 || c.runs() {
		t.Errorf("after a day: %d values, the last %v", len(values), got)
	}
}
