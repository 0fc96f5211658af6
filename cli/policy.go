package cli

import (
	"strings"

	"github.com/katop/katop/conn"
)

// policy says when a check is not OK.
type policy struct {
	filter            *conn.Filter
	warning, critical []*conn.Filter
}

func parsePolicy(filter string, warning, critical []string) (p policy, err error) {
	if p.filter, err = parseFilter("filter", filter); err != nil {
		return policy{}, err
	}
	if p.warning, err = parseTerms("--warning", warning); err != nil {
		return policy{}, err
	}
	p.critical, err = parseTerms("--critical", critical)
	return p, err
}

func parseTerms(flag string, texts []string) ([]*conn.Filter, error) {
	terms := make([]*conn.Filter, len(texts))
	for i, text := range texts {
		f, err := parseFilter(flag, text)
		if err != nil {
			return nil, err
		}
		// It would match everything.
		if f.Empty() {
			return nil, usagef("%s %q: it is a filter term, as severity:warning", flag, text)
		}
		terms[i] = f
	}
	return terms, nil
}

// judge finds the state that the connections have reached.
func (p *policy) judge(s *conn.Snapshot) pluginLine {
	n := newCensus()
	for i := range s.Connections {
		c := &s.Connections[i]
		if p.filter.Match(c) {
			n.add(c, anyMatches(p.critical, c), anyMatches(p.warning, c))
		}
		if len(s.Hidden) > 0 {
			p.doubt(n, c)
		}
	}
	l := pluginLine{status: n.status(), text: n.text(), performance: n.performance()}
	if unseen := unseen(s); len(unseen) > 0 {
		l.text += "; not seen: " + strings.Join(unseen, ", ")
	}
	return l
}

func anyMatches(terms []*conn.Filter, c *conn.Connection) bool {
	for _, f := range terms {
		if f.Match(c) {
			return true
		}
	}
	return false
}

// unseen is what the judgement had to do without, and what would show it.
func unseen(s *conn.Snapshot) []string {
	var all []string
	for _, h := range s.Hidden {
		all = append(all, h.What+" ("+h.Need+")")
	}
	if s.Interrupted {
		all = append(all, "what came and went during the dump")
	}
	return all
}
