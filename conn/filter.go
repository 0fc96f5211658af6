package conn

// Filter chooses connections, or events by what happened and by the connection
// to which it did. It is a list of terms that must all hold; its language is
// described in docs/filter.md. A nil Filter, and one without terms, matches
// everything. A Filter is never changed: it may be used by several goroutines.
type Filter struct {
	text       string
	terms      []term
	thresholds Thresholds // of the verdict and severity terms
}

// term is one word of a filter: it holds when any of its alternatives does, or
// none of them if it is negated.
type term struct {
	any     []alternative
	negated bool
}

// alternative is one of the values of a term, parted by "|". Beside the test
// itself it carries what the kernel can test of it.
type alternative struct {
	holds    func(c *Connection, th *Thresholds) truth // nil: asks about events
	happened func(e *Event) truth                      // nil: asks about connections
	states   StateMask                                 // holds in exactly these states; 0: says nothing about them
	endpoint *Endpoint                                 // holds for exactly these addresses and ports; nil: says nothing about them
}

// truth is the answer to a test. A test of a value that is not known is
// undecided: neither the term nor its negation holds then.
type truth uint8

const (
	no truth = iota
	yes
	undecided
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// Match tells whether every term holds for c. It does not allocate. A term about
// events is undecided: a connection is none.
func (f *Filter) Match(c *Connection) bool { return f.matches(c, nil) }

// MatchEvent tells whether every term holds for e: those about connections for
// its connection, as it was last known. It does not allocate.
func (f *Filter) MatchEvent(e *Event) bool { return f.matches(&e.Connection, e) }

// matches tests c, and the event e, nil if there is none.
func (f *Filter) matches(c *Connection, e *Event) bool {
	if f == nil {
		return true
	}
	for i := range f.terms {
		if !f.terms[i].holds(c, e, &f.thresholds) {
			return false
		}
	}
	return true
}

func (t *term) holds(c *Connection, e *Event, th *Thresholds) bool {
	result := no
	for i := range t.any {
		switch t.any[i].test(c, e, th) {
		case yes:
			return !t.negated
		case undecided:
			result = undecided
		}
	}
	return t.negated && result == no
}

func (a *alternative) test(c *Connection, e *Event, th *Thresholds) truth {
	switch {
	case a.happened == nil:
		return a.holds(c, th)
	case e == nil:
		return undecided
	}
	return a.happened(e)
}

// Empty tells whether the filter has no terms.
func (f *Filter) Empty() bool { return f == nil || len(f.terms) == 0 }

// String is the text that the filter was parsed from.
func (f *Filter) String() string {
	if f == nil {
		return ""
	}
	return f.text
}
