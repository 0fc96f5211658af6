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
	f, err := parseFilter("filter", filter)
	if err != nil {
		return selection{}, err
	}
	name, descending := strings.CutPrefix(sort, "-")
	key, err := conn.ParseSortKey(name)
	if err != nil {
		return selection{}, usageError{err}
	}
	return selection{filter: f, sort: key, descending: descending}, nil
}

// parseFilter reads a filter that the user gave as what. Its words may have been
// joined: the column that an error speaks of is to be seen only where the filter
// is repeated.
func parseFilter(what, text string) (*conn.Filter, error) {
	return parseWith(conn.ParseFilter, what, text)
}

// parseEventFilter reads a filter where events are shown.
func parseEventFilter(what, text string) (*conn.Filter, error) {
	return parseWith(conn.ParseEventFilter, what, text)
}

func parseWith(parse func(string) (*conn.Filter, error), what, text string) (*conn.Filter, error) {
	f, err := parse(text)
	if err != nil {
		return nil, usagef("%s %q: %w", what, text, err)
	}
	return f, nil
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
