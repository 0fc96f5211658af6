package conn

// Filter chooses connections. It is a list of terms that must all hold; its
// language is described in docs/filter.md. A nil Filter, and one without terms,
// matches every connection. A Filter is never changed: it may be used by
// several goroutines.
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
	options bool // needs socket options, which netlink does not give
}

// alternative is one of the values of a term, parted by "|". Beside the test
// itself it carries what the kernel can test of it.
type alternative struct {
	holds    func(c *Connection, th *Thresholds) truth
	states   StateMask // holds in exactly these states; 0: says nothing about them
	endpoint *Endpoint // holds for exactly these addresses and ports; nil: says nothing about them
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

// Match tells whether every term holds for c. It does not allocate.
func (f *Filter) Match(c *Connection) bool {
	if f == nil {
		return true
	}
	for i := range f.terms {
		if !f.terms[i].holds(c, &f.thresholds) {
			return false
		}
	}
	return true
}

func (t *term) holds(c *Connection, th *Thresholds) bool {
	result := no
	for i := range t.any {
		switch t.any[i].holds(c, th) {
		case yes:
			return !t.negated
		case undecided:
			result = undecided
		}
	}
	return t.negated && result == no
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

// NeedsOptions tells whether a term needs socket options (ka, idle, detects,
// left, verdict, severity), which a dump does not give: without them it stays
// undecided for most connections.
func (f *Filter) NeedsOptions() bool {
	if f == nil {
		return false
	}
	for i := range f.terms {
		if f.terms[i].options {
			return true
		}
	}
	return false
}

// WithThresholds is the same filter with other thresholds for verdict and
// severity than DefaultThresholds.
func (f *Filter) WithThresholds(th Thresholds) *Filter {
	if f == nil {
		return nil
	}
	changed := *f
	changed.thresholds = th
	return &changed
}
