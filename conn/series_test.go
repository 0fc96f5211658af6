package conn

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestCourse(t *testing.T) {
	t.Parallel()
	c := NewCourse(3)
	if highest, known := c.Max(); known {
		t.Errorf("empty: max %v", highest)
	}
	for _, step := range []struct {
		rate    Rate
		want    []float64
		highest float64
	}{
		{Rate{PerSecond: 1, Known: true}, []float64{1}, 1},
		{Rate{PerSecond: 5, Known: true}, []float64{1, 5}, 5},
		{Rate{}, []float64{1, 5, math.NaN()}, 5},
		{Rate{PerSecond: 2, Known: true}, []float64{5, math.NaN(), 2}, 5},
		{Rate{PerSecond: 3, Known: true}, []float64{math.NaN(), 2, 3}, 3},
	} {
		c.AddRate(step.rate)
		if diff := cmp.Diff(step.want, c.Values(nil), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", step.rate, diff)
		}
		if highest, known := c.Max(); !known || highest != step.highest {
			t.Errorf("after %v: max %v, %v; want %v", step.rate, highest, known, step.highest)
		}
	}
	gaps := NewCourse(0)
	gaps.Add(0, false)
	if highest, known := gaps.Max(); known {
		t.Errorf("only gaps: max %v", highest)
	}
}
