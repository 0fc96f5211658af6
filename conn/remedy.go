package conn

import (
	"slices"
	"strings"
	"time"
)

// advisor writes remedies with these numbers in them.
type advisor struct {
	params     Params
	thresholds *Thresholds
}

func (a *advisor) idle() int     { return int(a.params.Idle / time.Second) }
func (a *advisor) interval() int { return int(a.params.Interval / time.Second) }

// detects is how long it takes to find a dead peer with the parameters, in
// seconds.
func (a *advisor) detects() int { return int(a.params.DetectsIn(0) / time.Second) }

// keepalive turns keepalive on for a service.
func (a *advisor) keepalive(s service, filter string) []Remedy {
	now := Remedy{"katop, for those that are open", "katop keepalive on --params " + a.params.Compact() + " " + shellWords(filter)}
	return slices.Concat([]Remedy{now}, a.configuration(s), a.kernel(nil))
}

// times gives a service that has keepalive on other times.
func (a *advisor) times(s service, filter string) []Remedy {
	now := Remedy{"katop, for those that are open", "katop keepalive set --params " + a.params.Compact() + " " + shellWords(filter)}
	return slices.Concat([]Remedy{now}, a.configuration(s), a.kernel(nil))
}

// sysctls changes what the kernel gives in network namespaces.
func (a *advisor) sysctls(namespaces []string) []Remedy { return a.kernel(namespaces) }

// kill ends connections for good.
func (a *advisor) kill(filter string) []Remedy {
	words := shellWords(filter)
	return []Remedy{{"katop, for those that are there", "katop kill --dry-run " + words + "\nkatop kill " + words}}
}

// configuration is what the service itself can be told: as a server that is
// known, or else where it is written or started.
func (a *advisor) configuration(s service) []Remedy {
	if known := a.server(s); known != nil {
		return known
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
