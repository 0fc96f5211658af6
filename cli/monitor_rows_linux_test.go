package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// cells parts the cells of a line: on a wide terminal two blanks or more are
// between them.
var cells = regexp.MustCompile(` {2,}`)

// titles are the columns of a wide screen.
var titles = []string{"PROCESS", "STATE", "LOCAL", "REMOTE", "SILENT", "KEEPALIVE", "TIMER", "LEFT", "DIES IN", "DETECTS", "VERDICT", "EVIDENCE"}

// rowsOf reads the list on a wide screen: cells by the title of their column.
func rowsOf(text string) (rows []map[string]string) {
	list := false
	for line := range strings.Lines(text) {
		row := cells.Split(strings.TrimSpace(line), -1)
		switch {
		case len(row) != len(titles):
		case strings.Trim(row[0], "▲▼") == titles[0]:
			list = true
		case list:
			cells := map[string]string{}
			for i, title := range titles {
				cells[title] = row[i]
			}
			rows = append(rows, cells)
		}
	}
	return rows
}

// owner is the name of "○ buyer/4711", without mark and number.
func owner(cell string) string {
	_, cell, _ = strings.Cut(cell, " ")
	name, _, _ := strings.Cut(cell, "/")
	return name
}

// sorting is what the list is sorted by. The arrow may take the room of a letter.
func sorting(text string) (title string, descending bool) {
	for line := range strings.Lines(text) {
		row := cells.Split(strings.TrimSpace(line), -1)
		if len(row) != len(titles) {
			continue
		}
		for i, heading := range row {
			bare := strings.Trim(heading, "▲▼")
			if bare != heading && bare != "" && strings.HasPrefix(titles[i], bare) {
				return titles[i], strings.Contains(heading, "▼")
			}
		}
	}
	return "", false
}

// sortEveryColumn sorts by one column after the other and turns each around.
// The list stands still.
func sortEveryColumn(t *testing.T, term *terminal) {
	t.Helper()
	first, _ := sorting(term.await("be sorted", func(s string) bool { title, _ := sorting(s); return title != "" }))
	turned := map[string]bool{}
	for last := first; len(turned) == 0 || last != first; {
		term.press(">")
		heading, _ := sorting(term.await("sort by another column than "+last, func(s string) bool {
			heading, _ := sorting(s)
			return heading != "" && heading != last
		}))
		if _, again := turned[heading]; again {
			t.Fatalf("%s came a second time before %s:\n%s", heading, first, term.text())
		}
		ascending, descending := turnAround(t, term, heading)
		turned[heading] = !slices.Equal(ascending, descending)
		if heading == "PROCESS" && !slices.IsSorted(ascending) {
			t.Errorf("%s is not ascending: %q", heading, ascending)
		}
		last = heading
	}
	for _, heading := range []string{"PROCESS", "STATE", "LOCAL", "REMOTE", "KEEPALIVE", "DETECTS", "VERDICT"} {
		if moved, there := turned[heading]; !there || !moved {
			t.Errorf("%s: sorted by: %v, turned around: %v", heading, there, moved)
		}
	}
}

// turnAround turns the order of the list around and returns the sorted column
// both ways. A list that was half drawn when it was read gets another chance.
func turnAround(t *testing.T, term *terminal, heading string) (ascending, descending []string) {
	t.Helper()
	for range 4 {
		text := term.settled("sort by "+heading, func(s string) bool {
			now, _ := sorting(s)
			return now == heading && len(column(s, heading)) == 11
		})
		before := column(text, heading)
		_, down := sorting(text)
		term.press("r")
		text, ok := term.comes(3*time.Second, func(s string) bool {
			now, nowDown := sorting(s)
			return now == heading && nowDown != down && turnedAround(before, column(s, heading))
		})
		switch {
		case !ok:
			t.Logf("%s: %q, and turned around %q", heading, before, column(text, heading))
		case down:
			return column(text, heading), before
		default:
			return before, column(text, heading)
		}
	}
	t.Fatalf("%s is not turned around", heading)
	return nil, nil
}

// column is one column from top to bottom, of processes the names: equal names
// stand by the connection's identity, whatever the PID.
func column(text, heading string) (cells []string) {
	for _, row := range rowsOf(text) {
		cell := row[heading]
		if heading == "PROCESS" {
			cell = owner(cell)
		}
		cells = append(cells, cell)
	}
	return cells
}

// turnedAround tells whether b is a from bottom to top; but what is not known
// is last in both.
func turnedAround(a, b []string) bool {
	if len(a) != len(b) || len(a) == 0 {
		return false
	}
	known := len(a)
	for known > 0 && a[known-1] == a[len(a)-1] && b[known-1] == a[len(a)-1] {
		known--
	}
	up := slices.Clone(a[:known])
	slices.Reverse(up)
	return slices.Equal(up, b[:known])
}
