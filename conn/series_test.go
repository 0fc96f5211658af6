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
	for _, step := range []struct {
		value float64
		known bool
		want  []float64
	}{
		{1, true, []float64{1}},
		{5, true, []float64{1, 5}},
		{0, false, []float64{1, 5, math.NaN()}},
		{2, true, []float64{5, math.NaN(), 2}},
		{3, true, []float64{math.NaN(), 2, 3}},
	} {
		c.Add(step.value, step.known)
		if diff := cmp.Diff(step.want, c.Values(nil), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", step.value, diff)
		}
	}
}
