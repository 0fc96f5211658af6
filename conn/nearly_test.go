package conn

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSortNearly holds it against the standard library, from sorted to
// shuffled, with single elements and whole runs out of place.
func TestSortNearly(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 5))
	rising := func(n int) []int {
		s := make([]int, n)
		for i := range s {
			s[i] = 2 * i
		}
		return s
	}
	disorders := map[string]func(s []int){
		"sorted":   func([]int) {},
		"reversed": slices.Reverse[[]int],
		"shuffled": func(s []int) { r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] }) },
		"one low":  func(s []int) { s[r.IntN(len(s))] = -1 },
		"one high": func(s []int) { s[r.IntN(len(s))] = 1 << 30 },
		"a high run": func(s []int) {
			at := r.IntN(len(s))
			for i := at; i < min(at+len(s)/20+3, len(s)); i++ {
				s[i] += 1 << 20
			}
		},
		"a low run": func(s []int) {
			at := r.IntN(len(s))
			for i := at; i < min(at+len(s)/20+3, len(s)); i++ {
				s[i] -= 1 << 20
			}
		},
		"a twentieth anywhere": func(s []int) {
			for range len(s)/20 + 1 {
				s[r.IntN(len(s))] = r.IntN(2 * len(s))
			}
		},
		"equal":          func(s []int) { clear(s) },
		"new at the end": func(s []int) { s[len(s)-1] = len(s) / 2 },
	}
	var scratch []int
	for name, disorder := range disorders {
		for _, n := range []int{1, 2, 3, 9, 17, 100, 5000} {
			for range 20 {
				got := rising(n)
				disorder(got)
				want := slices.Sorted(slices.Values(got))
				scratch = sortNearly(got, scratch, cmp.Compare[int])
				if !slices.Equal(got, want) {
					t.Fatalf("%s, %d elements: they are not sorted", name, n)
				}
			}
		}
	}
	scratch = sortNearly(nil, scratch, cmp.Compare[int])
	if len(scratch) != 0 {
		t.Errorf("nothing has %d strays", len(scratch))
	}
}

// TestSortNearlyLooksOnce holds that what is nearly in order costs hardly more
// than a look at it.
func TestSortNearlyLooksOnce(t *testing.T) {
	t.Parallel()
	const n = 10_000
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	for i := range n / 200 {
		s[i*200] = n - i // half a percent is out of place
	}
	comparisons := 0
	sortNearly(s, nil, func(a, b int) int {
		comparisons++
		return cmp.Compare(a, b)
	})
	if !slices.IsSorted(s) || comparisons > 3*n {
		t.Errorf("sorted %v after %d comparisons, want at most %d", slices.IsSorted(s), comparisons, 3*n)
	}
}
