package cli

import (
	"strings"

	"github.com/katop/katop/conn"
)

const (
	// defaultSort puts the connections that are in trouble first.
	defaultSort = "-verdict"
	sortUsage   = "sort by `KEY`, or by -KEY the largest first; what is not known comes last"
)

// selection says which connections are wanted, and in which order.
type selection struct {
	filter     *conn.Filter
	sort       conn.SortKey
	descending bool
}

func parseSelection(filter, sort string) (selection, error) {
	f, err := conn.ParseFilter(filter)
	if err != nil {
		// The words of the filter were joined: the column that the error speaks
		// of is to be seen only where the filter is repeated.
		return selection{}, usagef("filter %q: %w", filter, err)
	}
	name, descending := strings.CutPrefix(sort, "-")
	key, err := conn.ParseSortKey(name)
	if err != nil {
		return selection{}, usageError{err}
	}
	return selection{filter: f, sort: key, descending: descending}, nil
}

// order is the connections of s that are wanted.
func (sel selection) order(s *conn.Snapshot) []int32 {
	order := make([]int32, 0, len(s.Connections))
	for i := range s.Connections {
		if sel.filter.Match(&s.Connections[i]) {
			order = append(order, int32(i))
		}
	}
	conn.NewSorter(conn.DefaultThresholds()).Sort(s.Connections, order, sel.sort, sel.descending)
	return order
}
