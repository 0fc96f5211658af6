package conn

import "math"

// Course is how a number went over the last moments: a ring of fixed size.
type Course struct {
	values []float64
	next   int // where the next value goes
	filled bool
}

// NewCourse makes a Course of the last n values, at least one.
func NewCourse(n int) *Course { return &Course{values: make([]float64, max(1, n))} }

// Add appends a value in place of the oldest. One that is not known is a gap.
func (c *Course) Add(value float64, known bool) {
	if !known {
		value = math.NaN()
	}
	c.values[c.next] = value
	c.next++
	if c.next == len(c.values) {
		c.next, c.filled = 0, true
	}
}

// Values appends the values to dst, the oldest first. A gap is NaN.
func (c *Course) Values(dst []float64) []float64 {
	if c.filled {
		dst = append(dst, c.values[c.next:]...)
	}
	return append(dst, c.values[:c.next]...)
}
