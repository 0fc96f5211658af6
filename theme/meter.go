package theme

import (
	"math"
	"strings"
)

// Bar is a bar of width columns of which share, 0 to 1, is full, in the style
// of full; the rest is BarEmpty. A share above 0 always shows, and one below 1
// never looks full.
func (t *Theme) Bar(width int, share float64, full Role) string {
	filled, rest := t.Symbols.Bar(width, share)
	if rest != "" {
		rest = t.Draw(BarEmpty, rest)
	}
	if filled == "" {
		return rest
	}
	return t.Draw(full, filled) + rest
}

// Bar is a bar without a style, in two parts: what is full, and the rest.
func (s *Symbols) Bar(width int, share float64) (full, rest string) {
	if width <= 0 {
		return "", ""
	}
	halves := int(math.Round(min(max(share, 0), 1) * float64(2*width)))
	if share > 0 && halves == 0 {
		halves = 1
	}
	if share < 1 && halves == 2*width {
		halves--
	}
	full = strings.Repeat(s.BarFull, halves/2)
	if halves%2 == 1 {
		full += s.BarHalf
	}
	return full, strings.Repeat(s.BarEmpty, width-(halves+1)/2)
}

// Sparkline draws the last width values, the newest at the right, from 0 at the
// bottom to the largest of them at the top; blank where there are fewer, and
// where one is not known (NaN).
func (t *Theme) Sparkline(width int, values []float64) string {
	if width <= 0 {
		return ""
	}
	values = values[max(0, len(values)-width):]
	top := 0.0
	for _, v := range values {
		if !math.IsNaN(v) {
			top = max(top, v)
		}
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", width-len(values)))
	for _, v := range values {
		if math.IsNaN(v) {
			b.WriteByte(' ')
			continue
		}
		level := 0
		if top > 0 {
			level = int(math.Ceil(max(v, 0)/top*float64(len(t.Symbols.Levels)))) - 1
		}
		b.WriteString(t.Symbols.Levels[max(level, 0)])
	}
	return t.Draw(Sparkline, b.String())
}
