package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// stroke is a key and what of the screen says that it was answered. Polls and
// the clock redraw the screen too.
type stroke struct {
	name     string
	key      string
	answered *regexp.Regexp // in the line of that row; nil: the cursor has moved
	row      int
	// settled, in the same line, says that what was worked out aside is there, too:
	// the rows stand in the new order. Nil: there is nothing to work out.
	settled *regexp.Regexp
}

// The rows of the monitor's screen.
const (
	rowViews   = 4
	rowFilter  = 5
	rowHeading = 6
)

// strokes begin with the cursor on the first row of the whole list.
func strokes() []stroke {
	shows := regexp.MustCompile
	view := func(name string) *regexp.Regexp { return shows(`\x1b\[[0-9;]*7;[0-9;]*m ` + name) }
	// The heading has the sign of a new order at once, and its direction when the
	// rows stand so.
	sorting, sorted := shows("[▲▼…]"), shows("[▲▼]")
	return []stroke{
		{name: "cursor down", key: "j"},
		{name: "end", key: "G"},
		{name: "home", key: "g"},
		{"sort by the next column", ">", sorting, rowHeading, sorted},
		{"reverse", "r", sorting, rowHeading, sorted},
		{"reverse", "r", sorting, rowHeading, sorted},
		{"sort by the column before", "<", sorting, rowHeading, sorted},
		{name: "processes", key: "2", answered: view("2 Processes"), row: rowViews},
		{name: "listeners", key: "3", answered: view("3 Listeners"), row: rowViews},
		{name: "connections", key: "1", answered: view("1 Connections"), row: rowViews},
		{name: "open the filter", key: "/", answered: shows("."), row: rowFilter},
		{name: "type into the filter", key: ":", answered: shows(":"), row: rowFilter},
		{name: "type into the filter", key: "8", answered: shows(":8"), row: rowFilter},
		{name: "type into the filter", key: "0", answered: shows(":80"), row: rowFilter},
		{name: "leave the filter", key: "\x1b", answered: shows("no filter"), row: rowFilter},
	}
}

// betweenKeys is in step neither with the polls nor with the frames.
const betweenKeys = 137 * time.Millisecond

// answers is how long keys took to be answered by a whole frame.
type answers struct {
	sockets int
	names   []string // of the strokes, in their order
	by      map[string][]time.Duration
	settled []time.Duration // until the rows stood in the new order
}

func (a *answers) add(name string, took time.Duration) {
	if a.by[name] == nil {
		a.names = append(a.names, name)
	}
	a.by[name] = append(a.by[name], took)
}

func (a *answers) all() (all []time.Duration) {
	for _, took := range a.by {
		all = append(all, took...)
	}
	return all
}

// pressKeys measures from the writing of a key to the end of the frame that
// answers it, while the monitor polls every second.
func pressKeys(ctx context.Context, l *load, k *katop, p plan) (a answers, err error) {
	m, err := startMonitor(l, k)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if _, err := m.firstFrame(ctx); err != nil {
		return a, err
	}
	if err := pause(ctx, p.watch/4); err != nil {
		return a, err
	}
	a = answers{sockets: l.sockets(), by: make(map[string][]time.Duration)}
	cursor := cursorAt(0)
	for range 2*p.rounds - 1 {
		// Sorting and filtering may have taken the cursor anywhere.
		if err := m.home(ctx); err != nil {
			return a, err
		}
		for _, s := range strokes() {
			took, settled, err := m.press(ctx, s, cursor)
			if err != nil {
				return a, err
			}
			a.add(s.name, took)
			if s.settled != nil {
				a.settled = append(a.settled, settled)
			}
			if err := pause(ctx, betweenKeys); err != nil {
				return a, err
			}
		}
	}
	return a, nil
}

// home puts the cursor on the first row, where it may be already.
func (m *monitor) home(ctx context.Context) error {
	if _, err := m.control.WriteString("g"); err != nil {
		return err
	}
	return pause(ctx, time.Second)
}

// press waits for the answer to a key, and for what it has worked out aside.
func (m *monitor) press(ctx context.Context, s stroke, cursor *cursorRow) (answered, settled time.Duration, err error) {
	for len(m.frames) > 0 {
		cursor.moved(<-m.frames)
	}
	pressed := time.Now()
	if _, err := m.control.WriteString(s.key); err != nil {
		return 0, 0, err
	}
	in := func(f frame, text *regexp.Regexp) bool {
		return s.row < len(f.lines) && text.MatchString(f.lines[s.row])
	}
	f, err := m.await(ctx, fmt.Sprintf("an answer to %q (%s)", s.key, s.name), func(f frame) bool {
		moved := cursor.moved(f)
		if s.answered == nil {
			return moved
		}
		return in(f, s.answered)
	})
	answered = f.at.Sub(pressed)
	if err != nil || s.settled == nil || in(f, s.settled) {
		return answered, answered, err
	}
	f, err = m.await(ctx, fmt.Sprintf("the new order after %q (%s)", s.key, s.name), func(f frame) bool {
		cursor.moved(f)
		return in(f, s.settled)
	})
	return answered, f.at.Sub(pressed), err
}

// cursorRow is the row that is drawn as chosen.
type cursorRow struct {
	row    int
	chosen *regexp.Regexp // the background of the cursor
}

func cursorAt(row int) *cursorRow { return &cursorRow{row, regexp.MustCompile(`\x1b\[[0-9;]*48;5;`)} }

// moved tells whether a frame has the cursor in another row than before.
func (c *cursorRow) moved(f frame) bool {
	for i := rowHeading + 1; i < len(f.lines); i++ {
		if strings.Contains(f.lines[i], "48;5;") && c.chosen.MatchString(f.lines[i]) {
			before := c.row
			c.row = i
			return i != before
		}
	}
	return false
}
