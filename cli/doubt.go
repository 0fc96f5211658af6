package cli

import (
	"time"

	"github.com/katop/katop/conn"
)

// doubt notes what a connection may be beside what it is taken for: its owner,
// which the filter may ask for, or its options, on which verdicts rest, may not
// be seen.
func (p *policy) doubt(n *census, c *conn.Connection) {
	taken := p.filter.Match(c)
	worse := false
	for _, w := range worlds(c) {
		if !p.filter.Match(&w) && !p.filter.Undecided(&w) {
			continue
		}
		if !taken {
			n.least["connections"] = true
		}
		if may := n.verdict(&w); !taken || may != n.verdict(c) {
			n.least[may], n.least[n.verdict(c)] = true, true
		}
		critical := taken && anyMatches(p.critical, c)
		warning := critical || taken && anyMatches(p.warning, c)
		if !critical && mayMatch(p.critical, &w) {
			n.least["critical"], worse = true, true
		}
		if !warning && mayMatch(p.warning, &w) {
			n.least["warning"], worse = true, true
		}
	}
	if worse {
		n.unsure++
	}
}

func mayMatch(terms []*conn.Filter, c *conn.Connection) bool {
	for _, f := range terms {
		if f.Match(c) || f.Undecided(c) {
			return true
		}
	}
	return false
}

// worlds are a connection with each of the options that it may have, from those
// that find a dead peer at once to none at all, and without its other end if that
// may be gone. What is known of it has one.
func worlds(c *conn.Connection) []conn.Connection {
	var all []conn.Connection
	if c.MirrorUnproven {
		w := *c
		w.MirrorGone = true
		all = append(all, w)
	}
	if c.Inode == 0 || c.Keepalive.ParamsKnown() {
		return append(all, *c)
	}
	add := func(state conn.KeepaliveState, p conn.Params, userTimeout time.Duration) {
		if c.Keepalive.State != conn.KeepaliveUnknown && c.Keepalive.State != state {
			return
		}
		w := *c
		w.Keepalive = conn.Keepalive{State: state, Source: conn.SourceRead, Params: p, UserTimeout: userTimeout}
		all = append(all, w)
	}
	quick := conn.Params{Idle: time.Second, Interval: time.Second, Count: 1}
	slow := conn.Params{Idle: conn.MaxKeepIdle, Interval: conn.MaxKeepInterval, Count: conn.MaxKeepCount}
	if c.ProbeNew { // and not one that went out hours ago
		slow.Interval = c.Timer.Expires
	}
	add(conn.KeepaliveOff, quick, 0)
	add(conn.KeepaliveOff, quick, time.Second)
	add(conn.KeepaliveOn, quick, 0)
	add(conn.KeepaliveOn, slow, 0)
	return all
}
