package conn

// Grouper puts connections into groups. It keeps its memory between calls, so
// it must not be used by two goroutines at once.
type Grouper struct {
	thresholds Thresholds
	index      map[GroupKey]int32 // in the groups being made
	members    []membership
}

// membership is one connection in one group.
type membership struct{ row, group int32 }

// NewGrouper makes a Grouper that judges severities by the thresholds.
func NewGrouper(th Thresholds) *Grouper {
	return &Grouper{thresholds: th, index: map[GroupKey]int32{}}
}

// Group puts those connections of the snapshot into groups that order lists by
// their indexes. The groups stand in the order of their first members. A
// connection that several processes hold belongs to each of them.
func (g *Grouper) Group(s *Snapshot, order []int32, by GroupBy) []Group {
	clear(g.index)
	g.members = g.members[:0]
	var groups []Group
	join := func(row int32, owner Owner) {
		c := &s.Connections[row]
		key := by.key(c, owner)
		at, known := g.index[key]
		if !known {
			at = int32(len(groups))
			g.index[key] = at
			groups = append(groups, Group{Key: key, Title: by.title(c, owner)})
		}
		g.members = append(g.members, membership{row: row, group: at})
	}
	for _, row := range order {
		owners := s.Connections[row].Owners
		if by != ByProcess || len(owners) == 0 {
			join(row, Owner{})
			continue
		}
		for i, owner := range owners {
			if i == 0 || owner.PID != owners[i-1].PID { // the list is by PID
				join(row, owner)
			}
		}
	}
	g.fill(s, groups)
	return groups
}

// fill counts the members, all of them in one array.
func (g *Grouper) fill(s *Snapshot, groups []Group) {
	sizes := make([]int32, len(groups))
	for _, m := range g.members {
		sizes[m.group]++
	}
	rows := make([]int32, len(g.members))
	for i, size := range sizes {
		groups[i].Members = rows[:0:size]
		rows = rows[size:]
	}
	for _, m := range g.members {
		c := &s.Connections[m.row]
		groups[m.group].add(c, m.row, Judge(c, &g.thresholds).Severity)
	}
}
