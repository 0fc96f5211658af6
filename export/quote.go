package export

import (
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// appendQuoted appends s as a JSON string (RFC 8259, section 7). Everything
// that is not printable is escaped, beyond what JSON demands: C1 controls and
// bidirectional overrides do harm to a terminal too. Bytes that are no UTF-8
// become U+FFFD, as encoding/json has it.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			b = appendASCII(b, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if unicode.IsPrint(r) && (r != utf8.RuneError || size > 1) {
			b = append(b, s[i:i+size]...)
		} else {
			b = appendEscape(b, r)
		}
		i += size
	}
	return append(b, '"')
}

func appendASCII(b []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(b, '\\', c)
	case c == '\b':
		return append(b, `\b`...)
	case c == '\f':
		return append(b, `\f`...)
	case c == '\n':
		return append(b, `\n`...)
	case c == '\r':
		return append(b, `\r`...)
	case c == '\t':
		return append(b, `\t`...)
	case c < ' ' || c == 0x7f:
		return appendEscape(b, rune(c))
	}
	return append(b, c)
}

// appendEscape appends \uXXXX, twice for what is beyond the basic plane.
func appendEscape(b []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
		return appendEscape(appendEscape(b, high), low)
	}
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
