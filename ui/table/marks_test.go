package table_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/ui/table"
)

func TestMarks(t *testing.T) {
	t.Parallel()
	tab := listTable(11, upTo(100))
	for _, i := range []int{7, 3, 5, 3} { // 3 twice: marked and unmarked
		tab.Select(i)
		tab.Toggle()
	}
	if diff := cmp.Diff([]int{7, 5}, tab.Marked()); diff != "" {
		t.Errorf("in order of marking (-want +got):\n%s", diff)
	}

	tab.SetSource(list{ids: []int{5, 6}})
	if diff := cmp.Diff([]int{7, 5}, tab.Marked()); diff != "" {
		t.Errorf("a filter unmarks nothing (-want +got):\n%s", diff)
	}
	if !tab.IsMarked(7) || tab.IsMarked(6) {
		t.Errorf("IsMarked(7) = %v, IsMarked(6) = %v", tab.IsMarked(7), tab.IsMarked(6))
	}

	tab.KeepMarks(func(id int) bool { return id == 5 })
	if diff := cmp.Diff([]int{5}, tab.Marked()); diff != "" || tab.IsMarked(7) || tab.Marks() != 1 {
		t.Errorf("after 7 died (-want +got):\n%s", diff)
	}

	tab.ClearMarks()
	if tab.Marks() != 0 || tab.IsMarked(5) {
		t.Error("marks left after ClearMarks")
	}

	tab.SetSource(list{})
	tab.Toggle()
	if tab.Marks() != 0 {
		t.Error("a mark on no row")
	}
}

// TestSetMarks marks by identity, once, in place of what was marked.
func TestSetMarks(t *testing.T) {
	t.Parallel()
	tab := listTable(11, upTo(100))
	tab.Toggle()
	tab.SetMarks(table.MarksOf([]int{3, 3, 7}))
	if tab.IsMarked(0) || !tab.IsMarked(7) {
		t.Error("0 was marked before, 7 is now")
	}
	if diff := cmp.Diff([]int{3, 7}, tab.Marked()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
