package conn

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The texts of filters that findings open.

// filter chooses the connections of a service for which the terms hold, too.
func (s service) filter(terms ...string) string {
	var all []string
	if name := processTerm(s.program); name != "" {
		all = append(all, name)
	}
	switch port := strconv.Itoa(int(s.port)); {
	case s.port == 0:
	case s.outgoing:
		all = append(all, "rport:"+port)
	default:
		all = append(all, "lport:"+port)
	}
	return strings.Join(append(all, terms...), " ")
}

// narrowed adds to a filter that chooses the rows, and others of the rivals
// perhaps, what the rows have in common, until it chooses them alone. Where it
// never does, it is given back as it was. It chooses none but rivals.
func (a *advisor) narrowed(rows, rivals []int32, filter string) (narrow string, exact bool) {
	if a.exactly(rows, rivals, filter) {
		return filter, true
	}
	narrow = filter
	for _, term := range a.common(rows) {
		narrow += " " + term
		if a.exactly(rows, rivals, narrow) {
			return narrow, true
		}
	}
	return filter, false
}

// common are terms that hold for all of the rows: their namespace, ports and
// peers, where these are few enough to be read.
func (a *advisor) common(rows []int32) []string {
	lports := a.shared(rows, "lport", func(c *Connection) string { return strconv.Itoa(int(c.Local.Port())) })
	rports := a.shared(rows, "rport", func(c *Connection) string { return strconv.Itoa(int(c.Remote.Port())) })
	ends := a.ends(rows)
	return slices.DeleteFunc([]string{ends[0], lports, rports, ends[1], ends[2]}, func(term string) bool { return term == "" })
}

// ends are the namespace of the rows and their two addresses with ports.
func (a *advisor) ends(rows []int32) [3]string {
	return [3]string{
		a.shared(rows, "netns", func(c *Connection) string { return namespaceWord(c.NetNS) }),
		a.shared(rows, "laddr", func(c *Connection) string { return unzoned(c.Local).String() }),
		a.shared(rows, "raddr", func(c *Connection) string { return unzoned(c.Remote).String() }),
	}
}

// shared is the term with the values that the rows have, "" if they are too many.
func (a *advisor) shared(rows []int32, name string, of func(c *Connection) string) string {
	var values []string
	for _, row := range rows {
		if v := of(&a.snapshot.Connections[row]); !slices.Contains(values, v) {
			values = append(values, v)
		}
		if len(values) > manyPorts {
			return ""
		}
	}
	slices.Sort(values)
	return name + ":" + strings.Join(values, "|")
}

// pinned is a filter that names the rows of a service by their addresses and
// ports, so that it chooses them alone in every snapshot: those, too, that come
// are told apart. Where they are too many it is not exact.
func (a *advisor) pinned(s service, rows []int32) (filter string, exact bool) {
	ends := a.ends(rows)
	if slices.Contains(ends[:], "") {
		return "", false
	}
	filter = s.filter(ends[:]...)
	all := make([]int32, len(a.snapshot.Connections))
	for i := range all {
		all[i] = int32(i)
	}
	return filter, a.exactly(rows, all, filter)
}

// unzoned is an address as a filter takes it.
func unzoned(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// exactly tells whether a filter chooses the rows and no other rival.
func (a *advisor) exactly(rows, rivals []int32, filter string) bool {
	f, err := ParseFilter(filter)
	if err != nil {
		return false
	}
	chosen := 0
	for _, row := range rivals {
		if f.Match(&a.snapshot.Connections[row]) {
			chosen++
		}
		if chosen > len(rows) {
			return false
		}
	}
	return chosen == len(rows) && !slices.ContainsFunc(rows, func(row int32) bool {
		return !f.Match(&a.snapshot.Connections[row])
	})
}

// processTerm is the term that finds a process by its name, "" if that cannot be
// said. There is no way to write a quote, and the term ends in shells and
// clipboards, where a control character would act: the longest part without
// either is found, too.
func processTerm(name string) string {
	longest := ""
	for part := range strings.FieldsFuncSeq(name, unspeakable) {
		if len(part) > len(longest) {
			longest = part
		}
	}
	switch {
	case longest == "":
		return ""
	case strings.ContainsAny(longest, blanks+"|"):
		return `proc:"` + longest + `"`
	}
	return "proc:" + longest
}

// unspeakable tells whether a term cannot hold a character, or must not. What is
// broken UTF-8 comes as utf8.RuneError.
func unspeakable(r rune) bool { return r == '"' || r == utf8.RuneError || !unicode.IsPrint(r) }

// namespaceWord is what a filter takes for a namespace: its name, or its inode
// where the name cannot be written without quotes.
func namespaceWord(ns NetNS) string {
	if ns.Name == "" || shellWord(ns.Name) != ns.Name {
		return strconv.FormatUint(ns.Inode, 10)
	}
	return ns.Name
}

// over is a term that compares a time, as "silent>1m".
func over(field string, d time.Duration) string {
	return field + ">" + compactSeconds(d.Truncate(time.Second))
}
