package conn

// Undecided tells whether it cannot be said if the filter matches c, because
// something that its terms ask for is not known: none fails for certain.
func (f *Filter) Undecided(c *Connection) bool {
	if f == nil {
		return false
	}
	open := false
	for i := range f.terms {
		switch t := &f.terms[i]; {
		case t.holds(c, nil, &f.thresholds):
		case t.undecided(c, &f.thresholds):
			open = true
		default:
			return false
		}
	}
	return open
}

func (t *term) undecided(c *Connection, th *Thresholds) bool {
	result := no
	for i := range t.any {
		switch t.any[i].test(c, nil, th) {
		case yes:
			return false
		case undecided:
			result = undecided
		}
	}
	return result == undecided
}
