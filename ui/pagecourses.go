package ui

import (
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// pageCourses are how some numbers of a page went. They begin when it is opened
// and end with it: nothing is remembered of what nobody looks at.
type pageCourses struct {
	since   time.Time // of the first value
	last    time.Time // of the last
	figures []figure
}

// figure is one number of a page.
type figure struct {
	label, text string // text is the last value
	course      *course
}

// reading is one value of a figure.
type reading struct {
	value float64
	known bool
	text  string
}

func newPageCourses(labels ...string) *pageCourses {
	p := &pageCourses{figures: make([]figure, len(labels))}
	for i, label := range labels {
		p.figures[i] = figure{label: label, text: absent, course: newCourse()}
	}
	return p
}

// take adds a reading of each figure, in their order, of a moment later than the
// last.
func (p *pageCourses) take(at time.Time, readings ...reading) {
	if p.since.IsZero() {
		p.since = at
	}
	p.last = at
	for i, r := range readings {
		p.figures[i].text = r.text
		p.figures[i].course.add(at, r.value, r.known)
	}
}

func countReading(n int, known bool) reading {
	if !known {
		return reading{text: absent}
	}
	return reading{float64(n), true, conn.Whole(n)}
}

func rateReading(r conn.Rate) reading { return reading{r.PerSecond, r.Known, perSecond(r)} }

func bytesReading(r conn.Rate) reading {
	text := absent
	if r.Known {
		text = conn.Bytes(uint64(r.PerSecond)) + "/s"
	}
	return reading{r.PerSecond, r.Known, text}
}

// The width of a figure without its course, of the shortest course that is worth
// its room, and from which on all figures stand in one line.
const (
	figureWidth      = 22
	leastCourseWidth = 8
	allFiguresWidth  = 160
)

// courseLines draws the figures of a page, and since when they are kept while
// that is not longer ago than the lines show.
func (m *Model) courseLines(p *pageCourses) []string {
	t := m.theme
	since := "since " + p.since.Format("15:04:05")
	beside := 2
	if m.width >= allFiguresWidth {
		beside = len(p.figures)
	}
	const gap = "  "
	width := (m.width-2-len(since))/beside - len(gap)
	steps := width - figureWidth
	var lines []string
	for i := range p.figures {
		f := &p.figures[i]
		cell := t.Draw(theme.Muted, f.label+" ") + t.Draw(theme.Text, f.text)
		if steps >= leastCourseWidth && f.course.runs() {
			cell = pad(cell, width-steps) + t.Sparkline(steps, f.course.values())
		}
		if i%beside == 0 {
			lines = append(lines, " ")
		}
		lines[len(lines)-1] += pad(cell, width) + gap
	}
	if p.last.Sub(p.since) < time.Duration(steps)*courseStep {
		lines[len(lines)-1] += t.Draw(theme.Faint, since)
	}
	return lines
}
