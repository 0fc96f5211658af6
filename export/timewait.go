package export

import (
	"fmt"
	"io"
	"strconv"

	"github.com/katop/katop/conn"
)

// WriteTimeWaits writes what a snapshot has in TIME-WAIT as aligned text: of the
// limit, by destination and by local port.
func WriteTimeWaits(w io.Writer, s *conn.Snapshot) error {
	t := conn.TimeWaitsOf(s)
	var p page
	p.section("TIME-WAIT of tcp_max_tw_buckets, by network namespace")
	for _, use := range t.Use {
		text := ofLimit(use.Count, use.Limit)
		if use.FinWait2 > 0 {
			text += ", " + conn.Whole(use.FinWait2) + " of them in FIN-WAIT-2"
		}
		p.add(namespaceTitle(use.NetNS), text)
	}
	if len(t.Use) == 0 {
		p.add("limit", "not known")
	}
	p.WriteString("\nConnections that this host opened, by destination\n")
	if _, err := io.WriteString(w, p.String()); err != nil {
		return err
	}
	if err := writeDestinations(w, s, t.Destinations); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\nConnections that others opened, and this host closed first\n"); err != nil {
		return err
	}
	return writeServices(w, s, t.Services)
}

func writeDestinations(w io.Writer, s *conn.Snapshot, uses []conn.PortUse) error {
	t := newTable([]Column{
		{name: "local"}, {name: "remote"}, {name: "netns"}, {name: "time-wait", number: true}, {name: "new/s", number: true},
		{name: "ports used", number: true}, {name: "of", number: true}, {name: "percent", number: true}, {name: "exhausted in", number: true},
	}, len(uses))
	for i := range uses {
		u := &uses[i]
		t.add([]string{
			u.Destination.Local.String(), u.Destination.Remote.String(), conn.Printable(namespaceName(s, u.Destination.NetNS)),
			strconv.Itoa(u.TimeWait.Count), perSecond(u.TimeWait), strconv.Itoa(u.Taken), portsOf(u), percentOf(u), exhaustion(u),
		})
	}
	return t.write(w)
}

func writeServices(w io.Writer, s *conn.Snapshot, services []conn.ServiceWaits) error {
	t := newTable([]Column{
		{name: "local port", number: true}, {name: "netns"}, {name: "time-wait", number: true}, {name: "new/s", number: true},
	}, len(services))
	for i := range services {
		v := &services[i]
		t.add([]string{
			strconv.Itoa(int(v.Port)), conn.Printable(namespaceName(s, v.NetNS)), strconv.Itoa(v.TimeWait.Count), perSecond(v.TimeWait),
		})
	}
	return t.write(w)
}

// namespaceName is the name of a namespace, or its number.
func namespaceName(s *conn.Snapshot, inode uint64) string {
	return netns(&row{Connection: &conn.Connection{NetNS: namespaceOf(s, inode)}})
}

// namespaceOf finds a namespace by its inode; without its name where that is not
// known.
func namespaceOf(s *conn.Snapshot, inode uint64) conn.NetNS {
	for i := range s.Namespaces {
		if ns := s.Namespaces[i].NetNS; ns.Inode == inode {
			return ns
		}
	}
	return conn.NetNS{Inode: inode}
}

func ofLimit(count, limit int) string {
	return fmt.Sprintf("%s of %s (%.1f %%)", conn.Whole(count), conn.Whole(limit), 100*float64(count)/float64(limit))
}

func perSecond(f conn.Flow) string { return strconv.FormatFloat(f.CreatedPerSecond(), 'f', 1, 64) }

func portsOf(u *conn.PortUse) string {
	if u.Ports == 0 {
		return unknownMark
	}
	return strconv.Itoa(u.Ports)
}

func percentOf(u *conn.PortUse) string {
	percent, known := u.Percent()
	if !known {
		return unknownMark
	}
	return strconv.FormatFloat(percent, 'f', 1, 64)
}

// exhaustion is empty where the ports do not run out.
func exhaustion(u *conn.PortUse) string {
	in, runsOut := u.ExhaustedIn()
	switch {
	case runsOut && in == 0:
		return "now"
	case runsOut:
		return conn.Span(in)
	case u.Ports == 0:
		return unknownMark
	case u.Reusable:
		return "reused"
	}
	return ""
}
