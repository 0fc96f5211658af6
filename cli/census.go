package cli

import (
	"fmt"
	"strings"

	"github.com/katop/katop/conn"
)

// census counts the connections of a check. One that is critical is not counted
// as a warning, too.
type census struct {
	thresholds                 conn.Thresholds
	checked, critical, warning int
	reached                    verdictCounts // of those that are either
	all                        verdictCounts
}

// verdictCounts has a number for each name of conn.VerdictNames.
type verdictCounts map[string]int

func (n *census) add(c *conn.Connection, critical, warning bool) {
	if n.all == nil {
		n.all, n.reached = verdictCounts{}, verdictCounts{}
	}
	name := conn.Judge(c, &n.thresholds).Verdict.String()
	n.checked++
	n.all[name]++
	switch {
	case critical:
		n.critical++
	case warning:
		n.warning++
	default:
		return
	}
	n.reached[name]++
}

func (n *census) status() pluginStatus {
	switch {
	case n.critical > 0:
		return pluginCritical
	case n.warning > 0:
		return pluginWarning
	}
	return pluginOK
}

// text names the verdicts of the connections for which the state is what it is,
// the worst first: "3 half-open, 2 probing". A term can choose healthy ones,
// too.
func (n *census) text() string {
	healthy := conn.VerdictOK.String()
	var parts []string
	for _, name := range conn.VerdictNames() {
		if count := n.reached[name]; count > 0 && name != healthy {
			parts = append(parts, conn.Whole(count)+" "+name)
		}
	}
	switch count := n.reached[healthy]; {
	case count > 0:
		parts = append(parts, conn.Whole(count)+" judged ok")
	case len(parts) == 0:
		return connections(n.checked) + ", none critical and none a warning"
	}
	return strings.Join(parts, ", ")
}

// performance has the thresholds where there are some: none may be critical, and
// none a warning.
func (n *census) performance() []string {
	data := []string{
		fmt.Sprintf("connections=%d;;;0", n.checked),
		fmt.Sprintf("critical=%d;;0;0", n.critical),
		fmt.Sprintf("warning=%d;0;;0", n.warning),
	}
	for _, name := range conn.VerdictNames() {
		if name != conn.VerdictOK.String() {
			data = append(data, fmt.Sprintf("%s=%d;;;0", strings.ReplaceAll(name, "-", "_"), n.all[name]))
		}
	}
	return data
}
