package table

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/katop/katop/theme"
)

// measured is a text ready to be drawn.
type measured struct {
	text  string // harmless, without the ellipsis
	width int    // in columns of the terminal, with the ellipsis
	cut   bool   // the ellipsis follows
}

// measure makes text harmless and cuts it to width, which is at least 1. A cut
// text may stay one column short, where half of a wide character would be left.
func measure(text string, width int, symbols *theme.Symbols) measured {
	if !printableASCII(text) {
		return measureUnicode(harmless(text, symbols), width)
	}
	if len(text) <= width {
		return measured{text: text, width: len(text)}
	}
	return measured{text: text[:width-1], width: width, cut: true}
}

// measureKeeping is measure, but what follows the last sign keep stays: the text
// before it is cut. Where that leaves no room for it, the end is cut after all.
func measureKeeping(text string, width int, keep byte, symbols *theme.Symbols) measured {
	if keep == 0 || len(text) <= width {
		return measure(text, width, symbols)
	}
	text = harmless(text, symbols)
	at := strings.LastIndexByte(text, keep)
	if at < 0 || ansi.StringWidth(text) <= width {
		return measureUnicode(text, width)
	}
	room := width - ansi.StringWidth(text[at:]) - ansi.StringWidth(symbols.Ellipsis)
	if room < 2 {
		return measureUnicode(text, width)
	}
	text = ansi.Truncate(text[:at], room, "") + symbols.Ellipsis + text[at:]
	return measured{text: text, width: ansi.StringWidth(text)}
}

func measureUnicode(text string, width int) measured {
	if w := ansi.StringWidth(text); w <= width {
		return measured{text: text, width: w}
	}
	text = ansi.Truncate(text, width-1, "")
	return measured{text: text, width: ansi.StringWidth(text) + 1, cut: true}
}

func printableASCII(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// harmless replaces what a terminal would obey instead of show, or does not
// know how to show: see strange.
func harmless(text string, symbols *theme.Symbols) string {
	replaced := func(r rune) bool { return strange(r) || symbols.ASCII && r > '~' }
	if first, _ := utf8.DecodeRuneInString(text); !joins(first) && !strings.ContainsFunc(text, replaced) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		if replaced(r) || i == 0 && joins(r) {
			b.WriteString(symbols.Unprintable)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// strange holds for control characters, line separators, invisible signs such
// as those that turn the direction of writing, and broken bytes, which range
// over a string as utf8.RuneError. The two joiners are part of ordinary words.
func strange(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Cf) && r != nonJoiner && r != joiner
}

// joins holds for what, at the beginning of a text, would join the blank before
// it.
func joins(r rune) bool { return unicode.In(r, unicode.M, unicode.Cf) }
