package conn

// Severity says how much a verdict matters.
type Severity uint8

// The severities, the least first.
const (
	SeverityOK Severity = iota
	SeverityNotice
	SeverityWarning
	SeverityCritical
)

// MaxSeverity is the highest Severity.
const MaxSeverity = SeverityCritical

var severityNames = [MaxSeverity + 1]string{"ok", "notice", "warning", "critical"}

// String is "ok", "notice", "warning" or "critical".
func (s Severity) String() string { return severityNames[min(s, MaxSeverity)] }

// ParseSeverity reads the name of a severity.
func ParseSeverity(name string) (Severity, bool) {
	for s, n := range severityNames {
		if n == name {
			return Severity(s), true
		}
	}
	return 0, false
}

// SeverityNames lists the names of all severities, the least first.
func SeverityNames() []string { return severityNames[:] }
