package theme

import "strings"

// Symbols are the signs that stand beside colour. Each is one column wide.
type Symbols struct {
	ASCII bool // the terminal shows nothing but ASCII

	OK, Notice, Warning, Critical string // severities
	Mark                          string // a marked row
	Gone                          string // a connection that is no longer there
	Inferred                      string // before a value that was not read
	Ascending, Descending         string // order of the sorted column
	Ellipsis                      string // text was cut here
	Separator                     string // between the parts of a breadcrumb
	Unprintable                   string // in place of a character that must not reach the terminal
	Thumb, Track                  string // scroll bar
	BarFull, BarHalf, BarEmpty    string
	Rule                          string    // horizontal line
	Levels                        [8]string // of a sparkline, low to high

	// Of a line of time: the peer was heard, time that has passed, now, time to
	// come, a probe without an answer, a probe to come, the end.
	Heard, Past, Now, Future, ProbeLost, ProbeComing, Death string
}

// Unicode are the symbols for a terminal that shows UTF-8.
func Unicode() Symbols {
	return Symbols{
		OK: "·", Notice: "○", Warning: "▲", Critical: "●",
		Mark: "▌", Gone: "×", Inferred: "~",
		Ascending: "▲", Descending: "▼",
		Ellipsis: "…", Separator: "›", Unprintable: "\uFFFD",
		Thumb: "┃", Track: "│",
		BarFull: "━", BarHalf: "╸", BarEmpty: "─", Rule: "─",
		Levels: [8]string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
		Heard:  "●", Past: "━", Now: "┃", Future: "╌", ProbeLost: "×", ProbeComing: "○", Death: "╳",
	}
}

// ASCII are the symbols for everything else.
func ASCII() Symbols {
	return Symbols{
		ASCII: true,
		OK:    ".", Notice: "i", Warning: "!", Critical: "X",
		Mark: "*", Gone: "x", Inferred: "~",
		Ascending: "^", Descending: "v",
		Ellipsis: "+", Separator: ">", Unprintable: "?",
		Thumb: "#", Track: "|",
		BarFull: "=", BarHalf: "-", BarEmpty: ".", Rule: "-",
		Levels: [8]string{"_", "_", ".", ".", "-", "-", "=", "#"},
		Heard:  "o", Past: "=", Now: "|", Future: "-", ProbeLost: "x", ProbeComing: "o", Death: "X",
	}
}

// SymbolsFor picks the symbols by the locale's character set, as POSIX finds
// it: LC_ALL, else LC_CTYPE, else LANG (locale(7)). Where none is set, as in
// most containers, nothing speaks against Unicode.
func SymbolsFor(getenv func(string) string) Symbols {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		locale := strings.ToLower(getenv(name))
		switch {
		case locale == "":
		case strings.Contains(locale, "utf-8"), strings.Contains(locale, "utf8"):
			return Unicode()
		default:
			return ASCII()
		}
	}
	return Unicode()
}
