package conn

import (
	"slices"
	"strings"
	"time"
)

// advisor writes remedies with these numbers in them.
type advisor struct {
	snapshot   *Snapshot
	thresholds *Thresholds
	params     Params
}

func (a *advisor) idle() int     { return int(a.params.Idle / time.Second) }
func (a *advisor) interval() int { return int(a.params.Interval / time.Second) }

// detects is how long it takes to find a dead peer with the parameters, in
// seconds.
func (a *advisor) detects() int { return int(a.params.DetectsIn(0) / time.Second) }

// within is an advisor whose probes come before a middlebox forgets.
func (a *advisor) within(timeout time.Duration) *advisor {
	b := *a
	if b.params.Idle >= timeout {
		b.params.Idle = max(time.Second, (timeout * 4 / 5).Truncate(time.Second))
	}
	return &b
}

// keepalive turns keepalive on for connections of a service.
func (a *advisor) keepalive(s service, rows []int32, filter string) []Remedy {
	return slices.Concat([]Remedy{a.change("on", filter)}, a.configuration(s), a.kernel(a.namespaces(rows)))
}

// times gives connections of a service that have keepalive on other times. The
// sysctls are for those that took theirs from them.
func (a *advisor) times(s service, rows []int32, filter string) []Remedy {
	remedies := append([]Remedy{a.change("set", filter)}, a.configuration(s)...)
	if inherited := slices.DeleteFunc(slices.Clone(rows), a.setItself); len(inherited) > 0 {
		remedies = append(remedies, a.kernel(a.namespaces(inherited))...)
	}
	return remedies
}

// setItself tells whether a program has given a connection times that are not
// those of the sysctls.
func (a *advisor) setItself(row int32) bool {
	c := &a.snapshot.Connections[row]
	ns := a.snapshot.namespace(c.NetNS.Inode)
	return ns.Sysctls.Known && c.Keepalive.Params != ns.Sysctls.Keepalive
}

// change is katop's own command for the connections that a filter chooses.
func (a *advisor) change(verb, filter string) Remedy {
	return Remedy{"katop, for those that are open", "katop keepalive " + verb + " --params " + a.params.Compact() + " " + shellWords(filter)}
}

// bury ends connections whose peer is gone, and sees to it that the next ones
// are found.
func (a *advisor) bury(s service, rows []int32, filter string, exact bool) []Remedy {
	return slices.Concat(kill(filter, exact), a.configuration(s), a.kernel(a.namespaces(rows)))
}

// kill ends connections for good. It is offered only with a filter that chooses
// exactly these.
func kill(filter string, exact bool) []Remedy {
	if !exact {
		return nil
	}
	words := shellWords(filter)
	return []Remedy{{"katop, for those that are there", "katop kill --dry-run " + words + "\nkatop kill " + words}}
}

// configuration is what the service itself can be told: as a server that is
// known, or else where it is written or started.
func (a *advisor) configuration(s service) []Remedy {
	if known, remedies := a.server(s); known {
		return remedies
	}
	remedies := a.source(s)
	if !s.outgoing {
		remedies = append(remedies, a.socketUnit())
	}
	return remedies
}

// shellWords writes the text of a filter as arguments of a shell's command.
func shellWords(filter string) string {
	if filter == "" {
		return "--all"
	}
	if strings.IndexFunc(filter, func(r rune) bool { return r != ' ' && !harmlessInShell(r) }) < 0 {
		return filter
	}
	return shellWord(filter)
}

// shellWord writes text as one word, with quotes if it needs them.
func shellWord(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return !harmlessInShell(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func harmlessInShell(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(":-_./,+@=%", r)
}
