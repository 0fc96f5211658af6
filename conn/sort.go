package conn

import (
	"cmp"
	"net/netip"
	"slices"
)

// Sorter sorts lists of connections. It keeps its memory between calls, so it
// must not be used by two goroutines at once.
type Sorter struct {
	thresholds Thresholds
	numbers    []entry[int64]
	names      []entry[named]
	addresses  []entry[netip.AddrPort]
}

// NewSorter makes a Sorter that judges verdicts by the thresholds.
func NewSorter(th Thresholds) *Sorter { return &Sorter{thresholds: th} }

// entry is a row with what it is sorted by, taken out once: a comparison would
// have to compute it anew each time.
type entry[K any] struct {
	key     K
	id      ID
	row     int32
	unknown bool
}

// Sort puts the indexes in order, each of a connection in conns, into the order
// of the key. The order is total: equal connections stand by their identity in
// both directions, so that rows keep their places between snapshots. What is
// not known comes last in both directions.
func (s *Sorter) Sort(conns []Connection, order []int32, key SortKey, descending bool) {
	switch column := sortColumns[min(key, SortReceived)]; {
	case column.name != nil:
		s.names = sortBy(s.names, conns, order, column.name, named.compare, descending)
	case column.address != nil:
		s.addresses = sortBy(s.addresses, conns, order, column.address, netip.AddrPort.Compare, descending)
	case column.judgement != nil:
		s.numbers = sortBy(s.numbers, conns, order, func(c *Connection) (int64, bool) {
			return column.judgement(Judge(c, &s.thresholds)), true
		}, cmp.Compare[int64], descending)
	default:
		s.numbers = sortBy(s.numbers, conns, order, column.number, cmp.Compare[int64], descending)
	}
}

// sortBy sorts order and hands back the scratch memory, emptied so that it does
// not keep an old snapshot's strings alive.
func sortBy[K any](
	scratch []entry[K], conns []Connection, order []int32,
	of func(*Connection) (K, bool), compare func(a, b K) int, descending bool,
) []entry[K] {
	entries := slices.Grow(scratch[:0], len(order))
	for _, row := range order {
		c := &conns[row]
		key, known := of(c)
		entries = append(entries, entry[K]{key: key, id: c.ID(), row: row, unknown: !known})
	}
	slices.SortFunc(entries, func(a, b entry[K]) int {
		if a.unknown != b.unknown {
			if a.unknown {
				return 1
			}
			return -1
		}
		if !a.unknown {
			if d := compare(a.key, b.key); d != 0 {
				if descending {
					return -d
				}
				return d
			}
		}
		return cmp.Or(a.id.compare(b.id), cmp.Compare(a.row, b.row))
	})
	for i := range entries {
		order[i] = entries[i].row
	}
	clear(entries)
	return entries
}

func (i ID) compare(other ID) int {
	return cmp.Or(cmp.Compare(i.NetNS, other.NetNS), cmp.Compare(i.Cookie, other.Cookie))
}
