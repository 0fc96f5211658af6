package theme

import (
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Theme holds every style, ready for use. It never changes.
type Theme struct {
	Symbols Symbols

	renderer *lipgloss.Renderer
	profile  termenv.Profile
	paints   [groundCount][roleCount]Paint
}

// New makes the theme for the profile and background of r, which is asked once.
// The profile termenv.Ascii, which NO_COLOR leads to, gives a theme without any
// colour: bold, underline, reverse and strike remain.
func New(r *lipgloss.Renderer, symbols Symbols) *Theme {
	t := &Theme{Symbols: symbols, renderer: r, profile: r.ColorProfile()}
	if t.profile == termenv.Ascii {
		// termenv drops the attributes along with the colours in this profile:
		// keep them by rendering styles that name no colour in the next one.
		t.renderer = lipgloss.NewRenderer(io.Discard)
		t.renderer.SetColorProfile(termenv.ANSI)
	}
	for ground := range Ground(groundCount) {
		for role := range roleCount {
			t.paints[ground][role] = newPaint(t.style(role, ground))
		}
	}
	return t
}

// Style is the style of role on the terminal's own background, for what lipgloss
// lays out. For mere text Draw is cheaper.
func (t *Theme) Style(role Role) lipgloss.Style { return t.style(role, Plain) }

// Draw is text, one line without escape sequences, in the style of role.
func (t *Theme) Draw(role Role, text string) string {
	p := &t.paints[Plain][role]
	return p.Open + text + p.Close
}

// Paint is role on ground as escape sequences, for what is drawn row by row.
func (t *Theme) Paint(role Role, ground Ground) *Paint { return &t.paints[ground][role] }

// Symbol is the symbol that role has beside its colour, or "".
func (t *Theme) Symbol(role Role) string {
	switch role {
	case OK:
		return t.Symbols.OK
	case Notice:
		return t.Symbols.Notice
	case Warning:
		return t.Symbols.Warning
	case Critical, Error:
		return t.Symbols.Critical
	case Mark:
		return t.Symbols.Mark
	case Inferred:
		return t.Symbols.Inferred
	}
	return ""
}

// Paint is a style as the two escape sequences around a text; both are empty
// when the style changes nothing.
type Paint struct {
	Open, Close string
	// Lined tells that the style would show on blanks, as strike and underline do.
	Lined bool
}

func newPaint(s lipgloss.Style) Paint {
	const text = "x"
	open, end, _ := strings.Cut(s.Render(text), text)
	return Paint{Open: open, Close: end, Lined: s.GetStrikethrough() || s.GetUnderline()}
}

func (t *Theme) style(role Role, ground Ground) lipgloss.Style {
	switch t.profile {
	case termenv.Ascii:
		return t.colourless(role, ground)
	case termenv.ANSI:
		return t.sixteen(role, ground)
	}
	look := looks[role]
	s := t.inked(look)
	if ground&Gone != 0 {
		s = t.renderer.NewStyle().Foreground(ash).Strikethrough(true)
	} else if ground != Plain && look.fg == ownInk {
		s = s.Foreground(groundInk)
	}
	switch {
	case ground&Selected != 0:
		s = s.Background(selectedGround)
	case ground&Marked != 0:
		s = s.Background(markedGround)
	}
	return s
}

// sixteen is the style where only the 16 colours exist.
func (t *Theme) sixteen(role Role, ground Ground) lipgloss.Style {
	gone := ground&Gone != 0
	if ground&Selected != 0 {
		// Not bold: many terminals turn bold black into an illegible grey.
		return t.renderer.NewStyle().Foreground(groundInk).Background(selectedGround).Strikethrough(gone)
	}
	if gone {
		return t.renderer.NewStyle().Faint(true).Strikethrough(true)
	}
	s := t.inked(looks[role])
	if ground&Marked != 0 {
		s = s.Bold(true)
	}
	return s
}

// colourless is the style where no colour may be used.
func (t *Theme) colourless(role Role, ground Ground) lipgloss.Style {
	look := looks[role]
	s := t.renderer.NewStyle().Reverse(ground&Selected != 0)
	if ground&Gone != 0 {
		return s.Faint(true).Strikethrough(true)
	}
	return s.Bold(look.bold || ground&Marked != 0).Underline(look.underlineNoColor)
}

func (t *Theme) inked(l look) lipgloss.Style {
	s := t.renderer.NewStyle().Bold(l.bold).Italic(l.italic)
	if l.fg != ownInk {
		s = s.Foreground(l.fg)
	}
	return s
}
