package conn

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// FilterError says what is wrong with the text of a filter, and where.
type FilterError struct {
	Term    string   // the whole term, as it was written
	Offset  int      // of the faulty part, in bytes from the beginning of the text
	Column  int      // the same in characters, from 1
	Problem string   // "unknown field \"prot\""
	Nearest []string // what may have been meant, the nearest first; nil when nothing is near
}

// Error is one line with the problem, the column and the nearest words.
func (e *FilterError) Error() string {
	return fmt.Sprintf("%s at column %d%s", e.Problem, e.Column, didYouMean(e.Nearest))
}

const (
	blanks        = " \t\r\n"
	operatorChars = ":<>="
)

// ParseFilter reads a filter of connections: it refuses terms about events. The
// error is a *FilterError.
func ParseFilter(text string) (*Filter, error) { return parseFilter(text, false) }

// ParseEventFilter reads a filter of events. The error is a *FilterError.
func ParseEventFilter(text string) (*Filter, error) { return parseFilter(text, true) }

func parseFilter(text string, ofEvents bool) (*Filter, error) {
	f := &Filter{text: text, thresholds: DefaultThresholds()}
	rest := strings.TrimLeft(text, blanks)
	for rest != "" {
		offset := len(text) - len(rest)
		word := rest
		if end := indexUnquoted(rest, blanks); end >= 0 {
			word = rest[:end]
		}
		t, fault := parseTerm(word, ofEvents)
		if fault != nil {
			fault.Term = word
			fault.Offset += offset
			fault.Column = 1 + utf8.RuneCountInString(text[:fault.Offset])
			return nil, fault
		}
		f.terms = append(f.terms, t)
		rest = strings.TrimLeft(rest[len(word):], blanks)
	}
	return f, nil
}

// parseTerm reads one term. The offset of its error counts from the beginning
// of the term.
func parseTerm(word string, ofEvents bool) (term, *FilterError) {
	if strings.Count(word, `"`)%2 != 0 {
		return term{}, &FilterError{
			Problem: fmt.Sprintf("quote without its partner in %q", word),
			Offset:  strings.LastIndexByte(word, '"'),
		}
	}
	body, negated := strings.CutPrefix(word, "-")
	if body == "" {
		return term{}, &FilterError{Problem: `"-" without a term behind it`}
	}
	start := len(word) - len(body)
	field, op, values, fault := parseHead(body)
	if fault != nil {
		fault.Offset += start
		return term{}, fault
	}
	if field.event && !ofEvents {
		return term{}, &FilterError{
			Problem: fmt.Sprintf("%q asks about events, not connections (it goes with katop events and the monitor's view 5)", field.name),
			Offset:  start,
		}
	}
	t := term{negated: negated}
	at := len(word) - len(values)
	for _, value := range alternatives(values) {
		alt, fault := parseAlternative(field, op, value)
		if fault != nil {
			fault.Problem += fmt.Sprintf(" in %q", word)
			fault.Offset = min(at, len(word)-1)
			return term{}, fault
		}
		t.any = append(t.any, alt)
		at += len(value) + len("|")
	}
	return t, nil
}

// parseHead finds the field and the operator that a term begins with, and the
// values that follow. A term without them is a bare word.
func parseHead(body string) (f field, op operator, values string, fault *FilterError) {
	end := indexUnquoted(body, operatorChars+"|")
	if end < 0 || body[end] == '|' || strings.Contains(body[:end], `"`) || isAddress(alternatives(body)[0]) {
		return bareWord, opIs, body, checkBareWords(body)
	}
	name := strings.ToLower(body[:end])
	op, width := parseOperator(body[end:])
	if name == "" && op == opIs {
		return anyPort, opIs, body[width:], nil
	}
	for _, f := range fields {
		if f.name != name {
			continue
		}
		if !f.takes.has(op) {
			return field{}, 0, "", &FilterError{
				Problem: fmt.Sprintf("%q takes %s, not %q", f.name, f.takes, body[end:end+width]),
				Offset:  end,
			}
		}
		return f, op, body[end+width:], nil
	}
	fault = &FilterError{Problem: fmt.Sprintf("unknown field %q", body[:end]), Nearest: nearest(name, fieldNames())}
	if fault.Nearest == nil {
		fault.Problem += fmt.Sprintf(" (text with %q in it goes in quotes)", body[end:end+width])
	}
	return field{}, 0, "", fault
}

// checkBareWords finds a second field behind "|", which would otherwise be
// searched as text. Only addresses may have operators in them.
func checkBareWords(body string) *FilterError {
	at := 0
	for _, word := range alternatives(body) {
		if i := indexUnquoted(word, operatorChars); i >= 0 && !isAddress(word) {
			return &FilterError{
				Problem: fmt.Sprintf("%q in bare word %q (a term has one field, in front; text goes in quotes)", word[i:i+1], word),
				Offset:  at,
			}
		}
		if meant := judgementMeant(word); meant != "" {
			return &FilterError{
				Problem: fmt.Sprintf("bare word %q is looked for in names and units (as text it goes in quotes)", word),
				Offset:  at, Nearest: []string{meant},
			}
		}
		at += len(word) + len("|")
	}
	return nil
}

// judgementMeant is the term that was meant by a bare word that is the name of a
// verdict or a severity. Nobody looks for a process of such a name, and a check
// that did would never fire.
func judgementMeant(word string) string {
	word = strings.ToLower(word)
	switch {
	case word == VerdictOK.String():
		return ""
	case slices.Contains(VerdictNames(), word):
		return "verdict:" + word
	case slices.Contains(SeverityNames(), word):
		return "severity:" + word
	}
	return ""
}

func parseAlternative(f field, op operator, value string) (alternative, *FilterError) {
	value = strings.ReplaceAll(value, `"`, "")
	if value == "" {
		return alternative{}, &FilterError{Problem: "missing value"}
	}
	return f.parse(op, value)
}

// alternatives parts the values of a term; there is at least one.
func alternatives(values string) []string {
	var parts []string
	for {
		end := indexUnquoted(values, "|")
		if end < 0 {
			return append(parts, values)
		}
		parts = append(parts, values[:end])
		values = values[end+1:]
	}
}

// indexUnquoted is the index of the first byte of s that is one of chars and
// does not stand between quotes, or -1.
func indexUnquoted(s, chars string) int {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(chars, s[i]) >= 0:
			return i
		}
	}
	return -1
}
