package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The least that a screen can be drawn on. Below it katop only says so.
const (
	leastWidth  = 30
	leastHeight = 6
)

// layout is how many lines each part of the screen has, from top to bottom.
type layout struct {
	header int // 1 to 4
	tabs   int
	filter int // 0 on a page, and on a low terminal while there is nothing to say on it
	body   int
	notice int
	foot   int
}

// layOut shares out height: the body gets what is left, the header shrinks
// first. Where nothing can be filtered there is no line for it.
func layOut(height int, filters, filterNeeded, noticeNeeded bool) layout {
	l := layout{header: headerLines, tabs: 1, foot: 1}
	switch {
	case height < 14:
		l.header = 1
	case height < 20:
		l.header = 2
	}
	if filters && (filterNeeded || height >= 14) {
		l.filter = 1
	}
	if noticeNeeded {
		l.notice = 1
	}
	l.body = max(1, height-l.header-l.tabs-l.filter-l.notice-l.foot)
	return l
}

// pad fills s with blanks up to width columns; it cuts nothing.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
}

// fitLine makes a line exactly width columns wide.
func fitLine(s string, width int, ellipsis string) string {
	return pad(ansi.Truncate(s, width, ellipsis), width)
}

// spread puts left and right at the two ends of a line of width; where both do
// not fit, right goes.
func spread(left, right string, width int, ellipsis string) string {
	room := width - ansi.StringWidth(left) - ansi.StringWidth(right)
	if room < 1 {
		return fitLine(left, width, ellipsis)
	}
	return left + strings.Repeat(" ", room) + right
}

// fitBlock makes text exactly height lines of width columns.
func fitBlock(text string, width, height int, ellipsis string) []string {
	lines := strings.Split(text, "\n")
	lines = lines[:min(len(lines), height)]
	for i := range lines {
		lines[i] = fitLine(lines[i], width, ellipsis)
	}
	for len(lines) < height {
		lines = append(lines, strings.Repeat(" ", width))
	}
	return lines
}

// firstLines makes of lines, each as wide as the screen, those that fit: a table
// is never lower than its titles and a row.
func firstLines(lines []string, height int) []string { return lines[:min(len(lines), height)] }
