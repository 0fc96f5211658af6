package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

// portUse is one row of what is in TIME-WAIT by destination.
type portUse struct {
	conn.PortUse
	netns string
}

// serviceWaits is one row of what is in TIME-WAIT by local port.
type serviceWaits struct {
	conn.ServiceWaits
	netns string
}

func (s *serviceWaits) port() servicePort { return servicePort{s.NetNS, s.Port} }

type (
	destinationList = list[portUse, conn.Destination]
	serviceList     = list[serviceWaits, servicePort]
)

func newDestinationList(t *theme.Theme, th *conn.Thresholds) *destinationList {
	return newList(t, destinationColumns(t, th), func(p *portUse) conn.Destination { return p.Destination }, "ports", true,
		"nothing that this host opened is in TIME-WAIT, or takes many ports")
}

func newServiceList(t *theme.Theme) *serviceList {
	return newList(t, serviceColumns(), (*serviceWaits).port, "time-wait", true, "nothing that clients opened is in TIME-WAIT")
}

// portsBarWidth is the width of the bar of the ports that are taken.
const portsBarWidth = 8

func destinationColumns(t *theme.Theme, th *conn.Thresholds) []listColumn[portUse] {
	role := func(p *portUse) theme.Role { return portsRole(p, th) }
	percentKnown := func(p *portUse) bool { _, ok := p.Percent(); return ok }
	return []listColumn[portUse]{
		severityColumn(role),
		{
			table.Column{Key: "local", Title: "FROM", Min: 9, Ideal: 15, Whole: true, Priority: 4},
			func(p *portUse) (string, theme.Role) { return p.Destination.Local.String(), theme.Text },
			func(a, b *portUse) int { return a.Destination.Local.Compare(b.Destination.Local) },
			nil,
		},
		{
			table.Column{Key: "remote", Title: "TOWARDS", Min: 12, Ideal: 21, Whole: true},
			func(p *portUse) (string, theme.Role) { return endpoint(p.Destination.Remote), theme.Text },
			func(a, b *portUse) int { return a.Destination.Remote.Compare(b.Destination.Remote) },
			nil,
		},
		countColumn("time-wait", "TIME-W", 2, theme.StateTimeWait, func(p *portUse) int { return p.TimeWait.Count }),
		createdColumn(func(p *portUse) *conn.Flow { return &p.TimeWait }),
		countColumn("taken", "TAKEN", 6, theme.Text, func(p *portUse) int { return p.Taken }),
		{
			table.Column{Key: "ports", Title: "PORTS USED", Min: 11, Ideal: 11, Priority: 1, Align: table.Right},
			func(p *portUse) (string, theme.Role) {
				percent, ok := p.Percent()
				if !ok {
					return unknownMark, theme.Muted
				}
				return fmt.Sprintf("%.1f %%", percent), role(p)
			},
			func(a, b *portUse) int { return cmp.Compare(percentOf(a), percentOf(b)) },
			percentKnown,
		},
		{
			table.Column{Key: "bar", Min: portsBarWidth, Ideal: portsBarWidth, Max: portsBarWidth, Priority: 5},
			func(p *portUse) (string, theme.Role) {
				full, rest := t.Symbols.Bar(portsBarWidth, percentOf(p)/100)
				return full + rest, role(p)
			},
			nil, nil,
		},
		{
			table.Column{Key: "exhausted", Title: "EXHAUSTED IN", Min: 13, Ideal: 13, Priority: 3, Align: table.Right},
			exhaustedCell,
			func(a, b *portUse) int {
				inA, _ := a.ExhaustedIn()
				inB, _ := b.ExhaustedIn()
				return cmp.Compare(inA, inB)
			},
			func(p *portUse) bool { _, ok := p.ExhaustedIn(); return ok },
		},
		netnsColumn(func(p *portUse) string { return p.netns }),
	}
}

func percentOf(p *portUse) float64 {
	percent, _ := p.Percent()
	return percent
}

// portsRole is how bad the use of the ports is.
func portsRole(p *portUse, th *conn.Thresholds) theme.Role {
	switch percent := percentOf(p); {
	case percent < float64(th.PortsWarning):
		return theme.OK
	case percent < float64(th.PortsCritical):
		return theme.Warning
	}
	return theme.Critical
}

func exhaustedCell(p *portUse) (string, theme.Role) {
	in, ok := p.ExhaustedIn()
	switch {
	case ok && in == 0:
		return "now", theme.Critical
	case p.Reusable && p.TimeWait.Count > 0:
		return "reused", theme.Muted
	case !ok:
		return absent, theme.Faint
	}
	return conn.Span(in), theme.Critical
}

func serviceColumns() []listColumn[serviceWaits] {
	return []listColumn[serviceWaits]{
		{
			table.Column{Key: "port", Title: "LOCAL PORT", Min: 11, Ideal: 12},
			func(s *serviceWaits) (string, theme.Role) { return portText(s.Port), theme.Text },
			func(a, b *serviceWaits) int { return cmp.Compare(a.Port, b.Port) },
			nil,
		},
		countColumn("time-wait", "TIME-WAIT", 0, theme.StateTimeWait, func(s *serviceWaits) int { return s.TimeWait.Count }),
		createdColumn(func(s *serviceWaits) *conn.Flow { return &s.TimeWait }),
		netnsColumn(func(s *serviceWaits) string { return s.netns }),
	}
}

func portText(port uint16) string { return ":" + strconv.Itoa(int(port)) }

// createdColumn is how many come a second.
func createdColumn[T any](flow func(*T) *conn.Flow) listColumn[T] {
	return listColumn[T]{
		Column: table.Column{Key: "created", Title: "CREATED", Min: 9, Ideal: 9, Priority: 2, Align: table.Right},
		content: func(item *T) (string, theme.Role) {
			return perSecond(conn.Rate{PerSecond: flow(item).CreatedPerSecond(), Known: true}), theme.Text
		},
		compare: func(a, b *T) int { return cmp.Compare(flow(a).Fresh, flow(b).Fresh) },
	}
}

// netnsColumn is the network namespace, which goes first where room is short.
func netnsColumn[T any](name func(*T) string) listColumn[T] {
	return listColumn[T]{
		Column:  table.Column{Key: "netns", Title: "NETNS", Min: 6, Ideal: 12, Max: 24, Priority: 7},
		content: func(item *T) (string, theme.Role) { return textOr(name(item), unknownMark) },
		compare: func(a, b *T) int { return cmp.Compare(name(a), name(b)) },
	}
}

// listTimeWaits lists what is in TIME-WAIT that the filter matches a socket of,
// and the destinations whose ports are taken without, if it matches a connection
// there. What it matches is in rows.
func (l *Listing) listTimeWaits(rows []int32) {
	s, q := l.intake.snapshot, &l.question
	waits := l.intake.timeWaits()
	crowded := map[conn.Destination]bool{}
	for i := range waits.Destinations {
		if use := &waits.Destinations[i]; use.TimeWait.Count == 0 {
			crowded[use.Destination] = true
		}
	}
	destinations, services := map[conn.Destination]bool{}, map[servicePort]bool{}
	for _, row := range rows {
		c := &s.Connections[row]
		switch {
		case c.State == conn.StateTimeWait:
			destinations[destinationOf(c)], services[serviceOf(c)] = true, true
		case len(crowded) > 0 && crowded[destinationOf(c)]:
			destinations[destinationOf(c)] = true
		}
	}
	var uses []portUse
	for i := range waits.Destinations {
		if use := waits.Destinations[i]; destinations[use.Destination] {
			uses = append(uses, portUse{use, namespaceName(s, use.Destination.NetNS)})
		}
	}
	var ports []serviceWaits
	for _, w := range waits.Services {
		if services[servicePort{w.NetNS, w.Port}] {
			ports = append(ports, serviceWaits{w, namespaceName(s, w.NetNS)})
		}
	}
	l.waits, l.destinations, l.services = waits, q.destinations.arrange(uses), q.services.arrange(ports)
}

// namespaceName is how a network namespace of the snapshot is called, harmless
// for a terminal: it may have the name of a process.
func namespaceName(s *conn.Snapshot, inode uint64) string {
	i := slices.IndexFunc(s.Namespaces, func(ns conn.Namespace) bool { return ns.NetNS.Inode == inode })
	if i < 0 {
		return strconv.FormatUint(inode, 10)
	}
	return cmp.Or(conn.Printable(s.Namespaces[i].NetNS.Name), strconv.FormatUint(inode, 10))
}
