package conn

import (
	"strconv"
	"strings"
	"time"
)

// The texts of filters that findings open.

// filter chooses the connections of a service for which the terms hold, too.
func (s service) filter(terms ...string) string {
	var all []string
	if name := processTerm(s.program); name != "" {
		all = append(all, name)
	}
	switch port := strconv.Itoa(int(s.port)); {
	case s.port == 0:
	case s.outgoing:
		all = append(all, "rport:"+port)
	default:
		all = append(all, "lport:"+port)
	}
	return strings.Join(append(all, terms...), " ")
}

// processTerm is the term that finds a process by its name, "" if that cannot be
// said. There is no way to write a quote: the longest part without one is found,
// too.
func processTerm(name string) string {
	longest := ""
	for part := range strings.SplitSeq(name, `"`) {
		if len(part) > len(longest) {
			longest = part
		}
	}
	switch {
	case longest == "":
		return ""
	case strings.ContainsAny(longest, blanks+"|"):
		return `proc:"` + longest + `"`
	}
	return "proc:" + longest
}

// over is a term that compares a time, as "silent>1m".
func over(field string, d time.Duration) string {
	return field + ">" + compactSeconds(d.Truncate(time.Second))
}
