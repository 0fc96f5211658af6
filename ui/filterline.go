package ui

import (
	"errors"
	"fmt"
	"strings"

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
func (f *filterLine) press(msg tea.KeyMsg) (changed bool) {
	was := f.valid
	switch msg.String() {
	case "enter":
		if f.err == nil {
			f.close()
		}
	case "esc", "ctrl+c":
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

func (f *filterLine) parse() {
	filter, err := conn.ParseFilter(f.input.Value())
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

func (f *filterLine) typed(t *theme.Theme) string {
	text := f.input.Value()
	if text == "" && !f.open {
		return t.Draw(theme.Faint, "no filter: proc:nginx  :443  state:estab  silent>5m  ka:off  verdict:probing")
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
