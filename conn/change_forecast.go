package conn

import "time"

// Forecast says what a setting would do to a number of connections.
type Forecast struct {
	Changed     int // would be other than they are
	Same        int // are so already
	Unread      int // their settings are not known: may be either
	Unreachable int // minisocks, and those without a known owner: cannot be set

	// Of the connections that can be set.
	Before, After Guard
}

// Guard says how a number of connections is guarded and what that costs.
type Guard struct {
	Worst           time.Duration // the longest that a silent death goes unnoticed; Never if one has no keepalive
	ProbesPerSecond float64       // all of them idle and healthy: each sends one probe every KEEPIDLE
	Known           int           // the connections that this is about: those of which it is known
}

// Foresee says what the setting would do to the connections.
func (s Setting) Foresee(conns []Connection) Forecast {
	var f Forecast
	for i := range conns {
		c := conns[i]
		if c.Minisock() || len(c.Owners) == 0 {
			f.Unreachable++
			continue
		}
		f.Before.add(&c)
		before := c.Keepalive
		c.Keepalive = s.Over(before)
		switch {
		case !before.ParamsKnown():
			f.Unread++
			if s.Complete() || s.State == KeepaliveOff {
				c.Keepalive.Source = SourceRead
			}
		case c.Keepalive == before:
			f.Same++
		default:
			f.Changed++
		}
		f.After.add(&c)
	}
	return f
}

func (g *Guard) add(c *Connection) {
	detects, ok := c.DetectsIn()
	if !ok {
		return
	}
	g.Known++
	g.Worst = max(g.Worst, detects)
	if idle, on := c.KeepIdle(); on && idle > 0 {
		g.ProbesPerSecond += 1 / idle.Seconds()
	}
}
