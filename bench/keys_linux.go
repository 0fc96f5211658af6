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
	sorted := shows("[▲▼]")
	return []stroke{
		{"cursor down", "j", nil, 0},
		{"end", "G", nil, 0},
		{"home", "g", nil, 0},
		{"sort by the next column", ">", sorted, rowHeading},
		{"reverse", "r", sorted, rowHeading},
		{"reverse", "r", sorted, rowHeading},
		{"sort by the column before", "<", sorted, rowHeading},
		{"processes", "2", view("2 Processes"), rowViews},
		{"listeners", "3", view("3 Listeners"), rowViews},
		{"connections", "1", view("1 Connections"), rowViews},
		{"open the filter", "/", shows("."), rowFilter},
		{"type into the filter", ":", shows(":"), rowFilter},
		{"type into the filter", "8", shows(":8"), rowFilter},
		{"type into the filter", "0", shows(":80"), rowFilter},
		{"leave the filter", "\x1b", shows("no filter"), rowFilter},
	}
}

// betweenKeys is in step neither with the polls nor with the frames.
const betweenKeys = 137 * time.Millisecond

// answers is how long keys took to be answered by a whole frame.
type answers struct {
	sockets int
	names   []string // of the strokes, in their order
	by      map[string][]time.Duration
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
			took, err := m.press(ctx, s, cursor)
			if err != nil {
				return a, err
			}
			a.add(s.name, took)
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

// press waits for the answer to a key.
func (m *monitor) press(ctx context.Context, s stroke, cursor *cursorRow) (time.Duration, error) {
	for len(m.frames) > 0 {
		cursor.moved(<-m.frames)
	}
	pressed := time.Now()
	if _, err := m.control.WriteString(s.key); err != nil {
		return 0, err
	}
	f, err := m.await(ctx, fmt.Sprintf("an answer to %q (%s)", s.key, s.name), func(f frame) bool {
		moved := cursor.moved(f)
		if s.answered == nil {
			return moved
		}
		return s.row < len(f.lines) && s.answered.MatchString(f.lines[s.row])
	})
	return f.at.Sub(pressed), err
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
