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
	for {
		n := plainLength(s)
		b = append(b, s[:n]...)
		if s = s[n:]; s == "" {
			return append(b, '"')
		}
		if c := s[0]; c < utf8.RuneSelf {
			b = appendASCII(b, c)
			s = s[1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		if unicode.IsPrint(r) && (r != utf8.RuneError || size > 1) {
			b = append(b, s[:size]...)
		} else {
			b = appendEscape(b, r)
		}
		s = s[size:]
	}
}

// plainLength is how many bytes at the beginning of s stand for themselves.
func plainLength(s string) int {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return i
		}
	}
	return len(s)
}

// appendASCII appends a character that does not stand for itself.
func appendASCII(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return appendEscape(b, rune(c))
}

// appendEscape appends \uXXXX, twice for what is beyond the basic plane.
func appendEscape(b []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
		return appendEscape(appendEscape(b, high), low)
	}
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
