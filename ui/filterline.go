package ui

import (
	"errors"
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// filterLine is the line on which a filter is typed. The list follows every
// key; while what is typed has a mistake, the last filter that had none holds.
type filterLine struct {
	input  textinput.Model
	valid  *conn.Filter
	before *conn.Filter // what Esc goes back to
	err    *conn.FilterError
	open   bool
	events bool   // it filters events, which may be asked for what happened, too
	aside  string // a filter that only events can be asked, while something else is shown
}

// maxFilterLength bounds what is typed or pasted.
const maxFilterLength = 512

func newFilterLine(f *conn.Filter) filterLine {
	input := textinput.New()
	input.Prompt = ""
	input.CharLimit = maxFilterLength
	input.SetValue(f.String())
	return filterLine{input: input, valid: f}
}

// edit opens the line for typing.
func (f *filterLine) edit() {
	f.open, f.before = true, f.valid
	f.input.Focus()
	f.input.CursorEnd()
}

// press handles a key while the line is open and tells whether the filter that
// holds has changed.
func (f *filterLine) press(msg tea.KeyMsg, keys *KeyMap) (changed bool) {
	was := f.valid
	switch {
	case key.Matches(msg, keys.Accept):
		if f.err == nil {
			f.close()
		}
	case key.Matches(msg, keys.Cancel):
		f.set(f.before)
		f.close()
	default:
		f.input, _ = f.input.Update(msg)
		f.parse()
	}
	return f.valid != was
}

// clear takes the filter away and tells whether there was one.
func (f *filterLine) clear() (changed bool) {
	if f.valid.Empty() && f.input.Value() == "" {
		return false
	}
	f.set(nil)
	return true
}

func (f *filterLine) set(filter *conn.Filter) {
	f.valid, f.err = filter, nil
	f.input.SetValue(filter.String())
}

func (f *filterLine) close() {
	f.open = false
	f.input.Blur()
}

// turnTo makes the line one for events, or one for everything else. What one
// looks for goes along, but for what only events can be asked: that waits.
func (f *filterLine) turnTo(events bool) {
	if f.events == events {
		return
	}
	f.events = events
	if events {
		if f.valid.Empty() {
			f.input.SetValue(f.aside)
		}
		f.aside = ""
	}
	f.parse()
	if f.err != nil {
		f.aside = f.input.Value()
		f.set(nil)
	}
}

// ofConnections is the filter that holds, as far as connections can be asked it.
func (f *filterLine) ofConnections() *conn.Filter {
	if !f.events {
		return f.valid
	}
	filter, err := conn.ParseFilter(f.valid.String())
	if err != nil {
		return nil
	}
	return filter
}

func (f *filterLine) parse() {
	parse := conn.ParseFilter
	if f.events {
		parse = conn.ParseEventFilter
	}
	filter, err := parse(f.input.Value())
	f.err = nil
	if err != nil {
		if !errors.As(err, &f.err) {
			f.err = &conn.FilterError{Problem: err.Error()}
		}
		return
	}
	f.valid = filter
}

// view draws the line: what is typed, from a mistake on in the colour of
// errors, and at the right the number of matches or what is wrong.
func (f *filterLine) view(t *theme.Theme, width, matched, total int) string {
	line := t.Draw(theme.Key, " / ") + f.typed(t)
	note := t.Draw(theme.Muted, fmt.Sprintf("%s of %s ", conn.Whole(matched), conn.Whole(total)))
	if f.err != nil {
		room := max(width/2, width-ansi.StringWidth(line)-2)
		note = t.Draw(theme.Error, ansi.Truncate(conn.Printable(f.err.Error()), room, t.Symbols.Ellipsis)+" ")
	}
	room := width - ansi.StringWidth(note)
	line = ansi.Truncate(line, max(0, room-1), t.Symbols.Ellipsis)
	return line + strings.Repeat(" ", max(0, room-ansi.StringWidth(line))) + note
}

// examples are some filters, the shortest way to learn the language.
func (f *filterLine) examples() string {
	if f.events {
		return "cause:reset  event:died  proc:nginx  :443"
	}
	return "proc:nginx  :443  state:estab  silent>5m  ka:off  verdict:probing"
}

// fields are words that a term can begin with.
func (f *filterLine) fields() string {
	if f.events {
		return "event cause proc pid user unit port addr"
	}
	return "proc pid user unit state port addr ka verdict silent detects rtt"
}

func (f *filterLine) typed(t *theme.Theme) string {
	text := f.input.Value()
	if text == "" && !f.open {
		return t.Draw(theme.Faint, "no filter: "+f.examples())
	}
	wrong := len(text)
	if f.err != nil {
		wrong = min(f.err.Offset, len(text))
	}
	if !f.open {
		return f.inked(t, text, 0, wrong)
	}
	// The cursor counts runes; what it stands on is drawn reversed.
	runes := []rune(text)
	cursor := len(string(runes[:min(f.input.Position(), len(runes))]))
	under, next := " ", cursor
	if cursor < len(text) {
		under = string([]rune(text[cursor:])[0])
		next = cursor + len(under)
	}
	return f.inked(t, text[:cursor], 0, wrong) +
		t.Style(theme.Text).Reverse(true).Render(conn.Printable(under)) +
		f.inked(t, text[next:], next, wrong)
}

// inked draws a part of the text that begins at byte from; what lies at or
// beyond wrong is in error.
func (f *filterLine) inked(t *theme.Theme, part string, from, wrong int) string {
	cut := max(0, min(wrong-from, len(part)))
	good, bad := conn.Printable(part[:cut]), conn.Printable(part[cut:])
	if bad != "" {
		bad = t.Draw(theme.Error, bad)
	}
	return t.Draw(theme.Text, good) + bad
}
