package conn

import (
	"fmt"
	"strconv"
	"strings"
)

// nearest are the words, two at most, that differ least from a mistyped one,
// the nearest first; nil if all are far from it.
func nearest(typed string, words []string) []string {
	typed = strings.ToLower(typed)
	best := 1 + max(1, len(typed)/3)
	var found []string
	for _, word := range words {
		d := editDistance(typed, strings.ToLower(word))
		if d > 1 && typed != "" && strings.HasPrefix(strings.ToLower(word), typed) {
			d = 1
		}
		switch {
		case d < best:
			best, found = d, []string{word}
		case d == best && len(found) == 1 && word != found[0]:
			found = append(found, word)
		}
	}
	return found
}

// editDistance counts the letters to insert, delete, replace or swap with their
// neighbour that turn a into b (optimal string alignment).
func editDistance(a, b string) int {
	// Row i holds the distances of a[:i] to every b[:j]; a swap looks two back.
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replaced := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			d := min(replaced, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}

// UnknownWord is the error of a word that is none of those there are: it names
// the nearest, and all of them.
func UnknownWord(kind, typed string, words []string) error {
	all := strings.Join(words, ", ")
	if hint := didYouMean(nearest(typed, words)); hint != "" {
		return fmt.Errorf("unknown %s %q%s There are %s", kind, typed, hint, all)
	}
	return fmt.Errorf("unknown %s %q: there are %s", kind, typed, all)
}

// didYouMean is the end of an error's line that offers words, or "".
func didYouMean(words []string) string {
	if len(words) == 0 {
		return ""
	}
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = strconv.Quote(word)
	}
	return ": did you mean " + strings.Join(quoted, " or ") + "?"
}
