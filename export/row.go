package export

import (
	"iter"

	"github.com/katop/katop/conn"
)

// row is one connection with what is thought of it.
type row struct {
	*conn.Connection
	judgement  conn.Judgement
	thresholds *conn.Thresholds
}

// rows goes through the connections that order names. The row is the same each
// time, filled anew.
func rows(s *conn.Snapshot, order []int32) iter.Seq[*row] {
	return func(yield func(*row) bool) {
		th := conn.DefaultThresholds()
		r := row{thresholds: &th}
		for _, i := range order {
			r.Connection = &s.Connections[i]
			r.judgement = conn.Judge(r.Connection, &th)
			if !yield(&r) {
				return
			}
		}
	}
}
