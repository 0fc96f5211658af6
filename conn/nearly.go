package conn

import "slices"

const (
	// strayShare is the share of elements out of place beyond which nothing is
	// gained by looking for them.
	strayShare = 8
	// strayRun is how many elements in a row may seem too small before those in
	// front of them count as too large.
	strayRun = 8
)

// sortNearly sorts s, faster than slices.SortFunc where most of s is in order
// already: it takes out what is not, sorts that alone, and merges. The order
// must be total. It returns the scratch memory that it was given, perhaps grown.
func sortNearly[E any](s, scratch []E, compare func(a, b E) int) []E {
	strays, kept, run := scratch[:0], 0, 0
	for i := range s {
		e := s[i]
		switch {
		case kept == 0 || compare(s[kept-1], e) <= 0:
			run = 0
		case kept > 1 && compare(s[kept-2], e) <= 0:
			// The one before is too large.
			kept--
			strays = append(strays, s[kept])
		case run < strayRun:
			run++
			strays = append(strays, e)
			continue
		default:
			for run = 0; kept > 0 && compare(s[kept-1], e) > 0; kept-- {
				strays = append(strays, s[kept-1])
			}
		}
		s[kept] = e
		kept++
		if len(strays) > len(s)/strayShare {
			copy(s[kept:], strays) // fills the gap up to i
			slices.SortFunc(s, compare)
			return strays
		}
	}
	slices.SortFunc(strays, compare)
	mergeStrays(s, kept, strays, compare)
	return strays
}

// mergeStrays merges sorted strays into s, whose first kept elements are sorted
// and whose others are free, from the end.
func mergeStrays[E any](s []E, kept int, strays []E, compare func(a, b E) int) {
	for left := len(strays); left > 0; {
		if at := kept + left - 1; kept > 0 && compare(s[kept-1], strays[left-1]) > 0 {
			kept--
			s[at] = s[kept]
		} else {
			left--
			s[at] = strays[left]
		}
	}
}
