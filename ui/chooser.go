package ui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/theme"
)

// chooser is the list in which columns are switched on and off.
type chooser struct {
	cursor int
}

// press handles a key and tells whether the chooser closes.
func (c *chooser) press(msg tea.KeyMsg, keys *KeyMap, columns []column) (closes bool) {
	switch {
	case key.Matches(msg, keys.Up):
		c.cursor = max(0, c.cursor-1)
	case key.Matches(msg, keys.Down):
		c.cursor = min(len(columns)-1, c.cursor+1)
	case key.Matches(msg, keys.Home):
		c.cursor = 0
	case key.Matches(msg, keys.End):
		c.cursor = len(columns) - 1
	case key.Matches(msg, keys.Pick, keys.Accept):
		chosen := !columns[c.cursor].chosen
		columns[c.cursor].chosen, columns[c.cursor].asked = chosen, chosen
	case key.Matches(msg, keys.Dismiss, keys.Columns):
		return true
	}
	return false
}

// view draws the chooser in width and height; the column under the cursor is
// always in sight.
func (c *chooser) view(t *theme.Theme, columns []column, width, height int) string {
	lines := []string{
		t.Draw(theme.Title, " Columns") + t.Draw(theme.Muted, "   Space shows or hides, Esc closes; narrow terminals drop what does not fit"),
		"",
	}
	room := max(1, height-len(lines))
	top := max(0, min(c.cursor-room/2, len(columns)-room))
	for i := top; i < min(len(columns), top+room); i++ {
		box := "[ ] "
		if columns[i].chosen {
			box = "[x] "
		}
		line := " " + box + pad(columns[i].title, 12) + pad(columns[i].name(), 14)
		role := theme.Muted
		if columns[i].chosen {
			role = theme.Text
		}
		if i == c.cursor {
			p := t.Paint(theme.Text, theme.Selected)
			lines = append(lines, p.Open+pad(line, width)+p.Close)
			continue
		}
		lines = append(lines, t.Draw(role, line))
	}
	return strings.Join(lines, "\n")
}
