package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/export"
)

// plan is what a setting would do to connections.
type plan struct {
	found    []conn.Connection
	setting  conn.Setting
	forecast conn.Forecast
}

func planKeepalive(found []conn.Connection, setting conn.Setting) *plan {
	return &plan{found: found, setting: setting, forecast: setting.Foresee(found)}
}

// results are the connections as they would be, OutcomeUnknown where something
// would be done. Who is not asked never sees them.
func (p *plan) results() []conn.Result {
	results := make([]conn.Result, len(p.found))
	for i := range p.found {
		c, r := &p.found[i], &results[i]
		*r = conn.Result{Connection: *c, Before: c.Keepalive, After: p.setting.Over(c.Keepalive)}
		switch {
		case len(c.Owners) == 0:
			r.After = conn.Keepalive{}
			r.Outcome, r.Reason = conn.OutcomeRefused, "no process is known that holds it"
		case c.Keepalive.ParamsKnown() && r.After == r.Before:
			r.Outcome = conn.OutcomeUnchanged
		}
	}
	return results
}

// due is how many connections would be set.
func (p *plan) due() int { return p.forecast.Changed + p.forecast.Unread }

// write shows the connections and what the whole comes to.
func (p *plan) write(w io.Writer) error {
	if err := export.WriteResults(w, p.results()); err != nil {
		return err
	}
	f := &p.forecast
	_, err := fmt.Fprintf(w, "\n%s would be changed%s\na silent death is found after at most %s, now %s\nprobes while all are idle: %s, now %s\n",
		connections(p.due()), p.others(), worst(f.After), worst(f.Before), rate(f.After), rate(f.Before))
	return err
}

// others counts the connections of which more is to be said.
func (p *plan) others() string {
	var parts []string
	for _, part := range []struct {
		what string
		n    int
	}{
		{"of these with settings that are not known", p.forecast.Unread},
		{"so already", p.forecast.Same},
		{"without a known owner", p.forecast.Unreachable},
	} {
		if part.n > 0 {
			parts = append(parts, part.what+": "+conn.Whole(part.n))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

// worst is the longest detection time.
func worst(g conn.Guard) string {
	if g.Known == 0 {
		return "not known"
	}
	return conn.Span(g.Worst)
}

// rate writes the probes that idle connections cost in the unit in which it is
// more than a fraction.
func rate(g conn.Guard) string {
	switch perHour := g.ProbesPerSecond * time.Hour.Seconds(); {
	case g.Known == 0:
		return "not known"
	case g.ProbesPerSecond == 0:
		return "none"
	case g.ProbesPerSecond >= 1:
		return fmt.Sprintf("%.1f per second", g.ProbesPerSecond)
	case perHour >= time.Hour.Minutes():
		return fmt.Sprintf("%.1f per minute", perHour/time.Hour.Minutes())
	default:
		return fmt.Sprintf("%.1f per hour", perHour)
	}
}
