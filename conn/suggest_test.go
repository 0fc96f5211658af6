package conn

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEditDistance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"port", "port", 0},
		{"prot", "port", 1}, // a swap
		{"prot", "proc", 1}, // a replacement
		{"pot", "port", 1},
		{"poort", "port", 1},
		{"kitten", "sitting", 3},
		{"ca", "abc", 3}, // optimal string alignment edits no letter twice
	} {
		if got := editDistance(tt.a, tt.b); got != tt.want {
			t.Errorf("%q to %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := editDistance(tt.b, tt.a); got != tt.want {
			t.Errorf("%q to %q: %d, want %d", tt.b, tt.a, got, tt.want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	words := []string{"process", "pid", "port", "proc", "silent", "Verdict"}
	for _, tt := range []struct {
		typed string
		want  []string
	}{
		{"prot", []string{"port", "proc"}},
		{"verdcit", []string{"Verdict"}},
		{"SILENT", []string{"silent"}},
		{"sil", []string{"silent"}}, // a beginning is near, however long the rest
		{"xyzzy", nil},
		{"", nil},
	} {
		if diff := cmp.Diff(tt.want, nearest(tt.typed, words)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.typed, diff)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	for want, words := range map[string][]string{
		"":                             nil,
		`: did you mean "a"?`:          {"a"},
		`: did you mean "a" or "b c"?`: {"a", "b c"},
	} {
		if got := didYouMean(words); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}
