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
	numbers    memory[int64]
	names      memory[named]
	addresses  memory[netip.AddrPort]
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
//
// It is several times as fast where most of the indexes are in order already, as
// those of the last snapshot's order are.
func (s *Sorter) Sort(conns []Connection, order []int32, key SortKey, descending bool) {
	switch column := sortColumns[min(key, SortReceived)]; {
	case column.name != nil:
		s.names.sort(conns, order, column.name, named.compare, descending)
	case column.address != nil:
		s.addresses.sort(conns, order, column.address, netip.AddrPort.Compare, descending)
	case column.judgement != nil:
		s.numbers.sort(conns, order, func(c *Connection) (int64, bool) {
			return column.judgement(Judge(c, &s.thresholds)), true
		}, cmp.Compare[int64], descending)
	default:
		s.numbers.sort(conns, order, column.number, cmp.Compare[int64], descending)
	}
}

// memory is what sorting by keys of one type reuses.
type memory[K any] struct {
	entries, strays []entry[K]
}

// sort sorts order. It leaves the memory empty, so that it does not keep an old
// snapshot's strings alive.
func (m *memory[K]) sort(
	conns []Connection, order []int32, of func(*Connection) (K, bool), compare func(a, b K) int, descending bool,
) {
	entries := slices.Grow(m.entries[:0], len(order))
	for _, row := range order {
		c := &conns[row]
		key, known := of(c)
		entries = append(entries, entry[K]{key: key, id: c.ID(), row: row, unknown: !known})
	}
	m.entries = entries
	m.strays = sortNearly(entries, m.strays, func(a, b entry[K]) int {
		if a.unknown || b.unknown {
			return a.compareUnknown(b)
		}
		d := compare(a.key, b.key)
		switch {
		case d == 0:
			return a.compareIdentity(b)
		case descending:
			return -d
		}
		return d
	})
	for i := range entries {
		order[i] = entries[i].row
	}
	clear(m.entries)
	clear(m.strays)
}

// compareUnknown compares entries of which one at least is not known.
func (e entry[K]) compareUnknown(other entry[K]) int {
	switch {
	case !other.unknown:
		return 1
	case !e.unknown:
		return -1
	}
	return e.compareIdentity(other)
}

func (e entry[K]) compareIdentity(other entry[K]) int {
	if d := e.id.compare(other.id); d != 0 {
		return d
	}
	return cmp.Compare(e.row, other.row)
}

func (i ID) compare(other ID) int {
	if i.NetNS != other.NetNS {
		return cmp.Compare(i.NetNS, other.NetNS)
	}
	return cmp.Compare(i.Cookie, other.Cookie)
}
