package conn

import (
	"fmt"
	"slices"
	"testing"
)

// bench runs a benchmark over snapshots of growing size.
func bench(b *testing.B, run func(b *testing.B, s *Snapshot)) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		s := plausible(n, 1)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			run(b, s)
		})
	}
}

func BenchmarkSummarize(b *testing.B) {
	th := DefaultThresholds()
	bench(b, func(b *testing.B, s *Snapshot) {
		for b.Loop() {
			Summarize(s, &th)
		}
	})
}

func BenchmarkTimeWaits(b *testing.B) {
	bench(b, func(b *testing.B, s *Snapshot) {
		s.Namespaces[0].Sysctls = sysctlsOfRange
		for b.Loop() {
			TimeWaitsOf(s)
		}
	})
}

func BenchmarkFilter(b *testing.B) {
	for _, text := range []string{"nginx", "state:established port:443|8080", "ka:off silent>5m", "severity>=warning"} {
		f, err := ParseFilter(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			bench(b, func(b *testing.B, s *Snapshot) {
				for b.Loop() {
					for i := range s.Connections {
						f.Match(&s.Connections[i])
					}
				}
			})
		})
	}
}

func BenchmarkSort(b *testing.B) {
	for _, key := range []SortKey{SortProcess, SortState, SortRemote, SortSilent, SortVerdict} {
		b.Run(key.String(), func(b *testing.B) {
			bench(b, func(b *testing.B, s *Snapshot) {
				sorter, order := NewSorter(DefaultThresholds()), make([]int32, len(s.Connections))
				unsorted := allRows(s)
				for b.Loop() {
					copy(order, unsorted)
					sorter.Sort(s.Connections, order, key, true)
				}
			})
		})
	}
}

// BenchmarkSortAgain sorts by what has changed for every hundredth connection
// since the order was found.
func BenchmarkSortAgain(b *testing.B) {
	for _, key := range []SortKey{SortSilent, SortVerdict} {
		b.Run(key.String(), func(b *testing.B) {
			bench(b, func(b *testing.B, s *Snapshot) {
				sorter, last := NewSorter(DefaultThresholds()), allRows(s)
				sorter.Sort(s.Connections, last, key, true)
				heard := Snapshot{Connections: slices.Clone(s.Connections)}
				for i := 0; i < len(s.Connections); i += 100 {
					heard.Connections[i].TCP.LastAckRecv = 0
				}
				order := make([]int32, len(last))
				for b.Loop() {
					copy(order, last)
					sorter.Sort(heard.Connections, order, key, true)
				}
			})
		})
	}
}

func BenchmarkGroup(b *testing.B) {
	for by := ByProcess; by <= ByLocalPort; by++ {
		b.Run(by.String(), func(b *testing.B) {
			bench(b, func(b *testing.B, s *Snapshot) {
				grouper, order := NewGrouper(DefaultThresholds()), allRows(s)
				for b.Loop() {
					grouper.Group(s, order, by)
				}
			})
		})
	}
}

// BenchmarkDiff compares snapshots of which each lost every hundredth
// connection of the other.
func BenchmarkDiff(b *testing.B) {
	bench(b, func(b *testing.B, s *Snapshot) {
		var prev, next Snapshot
		for i := range s.Connections {
			if i%100 != 0 {
				prev.Connections = append(prev.Connections, s.Connections[i])
			}
			if i%100 != 50 {
				next.Connections = append(next.Connections, s.Connections[i])
			}
		}
		var d Differ
		for b.Loop() {
			d.Diff(&prev, &next)
		}
	})
}

// BenchmarkMirror checks connections of which all have their other end here.
func BenchmarkMirror(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		s := pairs(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			var m MirrorChecker
			for b.Loop() {
				m.Check(s, Locality{})
			}
		})
	}
}

// BenchmarkMirrorElsewhere checks connections of which none has.
func BenchmarkMirrorElsewhere(b *testing.B) {
	bench(b, func(b *testing.B, s *Snapshot) {
		var m MirrorChecker
		for b.Loop() {
			m.Check(s, Locality{})
		}
	})
}

func BenchmarkHistory(b *testing.B) {
	bench(b, func(b *testing.B, s *Snapshot) {
		var h History
		for b.Loop() {
			h.Observe(s)
		}
	})
}

func BenchmarkChronicle(b *testing.B) {
	bench(b, func(b *testing.B, s *Snapshot) {
		var c Chronicle
		for b.Loop() {
			c.Observe(s, nil)
		}
	})
}

func BenchmarkFindings(b *testing.B) {
	th := DefaultThresholds()
	bench(b, func(b *testing.B, s *Snapshot) {
		for b.Loop() {
			Findings(s, &th, params(300, 30, 3))
		}
	})
}
