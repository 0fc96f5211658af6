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
	unsure                     int             // may be worse than they are counted, as far as is seen
	least                      map[string]bool // performance data of which only so much is seen
}

// verdictCounts has a number for each name of conn.VerdictNames.
type verdictCounts map[string]int

func newCensus() *census {
	return &census{
		thresholds: conn.DefaultThresholds(),
		reached:    verdictCounts{}, all: verdictCounts{}, least: map[string]bool{},
	}
}

func (n *census) add(c *conn.Connection, critical, warning bool) {
	name := n.verdict(c)
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

func (n *census) verdict(c *conn.Connection) string {
	return conn.Judge(c, &n.thresholds).Verdict.String()
}

// status is UNKNOWN where nothing is seen to be wrong and something may be.
func (n *census) status() pluginStatus {
	switch {
	case n.critical > 0:
		return pluginCritical
	case n.warning > 0:
		return pluginWarning
	case n.unsure > 0:
		return pluginUnknown
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
	if count := n.reached[healthy]; count > 0 {
		parts = append(parts, conn.Whole(count)+" judged ok")
	}
	if len(parts) == 0 {
		parts = append(parts, n.leastOf()+connections(n.checked)+", none "+n.seen()+"critical and none a warning")
	}
	if n.unsure > 0 {
		parts = append(parts, "of "+connections(n.unsure)+" it cannot be told")
	}
	return strings.Join(parts, ", ")
}

func (n *census) leastOf() string {
	if n.least["connections"] {
		return "at least "
	}
	return ""
}

func (n *census) seen() string {
	if n.unsure > 0 {
		return "seen to be "
	}
	return ""
}

// performance has the thresholds where there are some: none may be critical, and
// none a warning. A number that may be larger is U, undetermined.
func (n *census) performance() []string {
	data := []string{
		n.value("connections", n.checked, ";;;0"),
		n.value("critical", n.critical, ";;0;0"),
		n.value("warning", n.warning, ";0;;0"),
	}
	for _, name := range conn.VerdictNames() {
		if name != conn.VerdictOK.String() {
			data = append(data, n.value(name, n.all[name], ";;;0"))
		}
	}
	return data
}

func (n *census) value(name string, count int, limits string) string {
	value := fmt.Sprint(count)
	if n.least[name] {
		value = "U"
	}
	return strings.ReplaceAll(name, "-", "_") + "=" + value + limits
}
