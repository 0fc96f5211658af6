package export

import (
	"io"
	"strconv"
	"time"

	"github.com/katop/katop/conn"
)

// WriteTimeWaitsJSON writes what a snapshot has in TIME-WAIT as one object.
// "exhausted_in_s" is null where the ports do not run out at the present rate.
func WriteTimeWaitsJSON(w io.Writer, s *conn.Snapshot) error {
	t := conn.TimeWaitsOf(s)
	e := newEncoder()
	e.buf = append(e.buf, '{')
	e.head(s)
	e.key("namespaces")
	e.buf = append(e.buf, '[')
	for _, use := range t.Use {
		e.next()
		e.buf = append(e.buf, '{')
		e.netns(use.NetNS)
		e.int("count", int64(use.Count))
		e.int("limit", int64(use.Limit))
		e.int("fin_wait_2", int64(use.FinWait2))
		e.close()
	}
	e.buf = append(e.buf, ']')
	e.key("destinations")
	e.buf = append(e.buf, '[')
	for i := range t.Destinations {
		e.destination(s, &t.Destinations[i])
	}
	e.buf = append(e.buf, ']')
	e.key("services")
	e.buf = append(e.buf, '[')
	for i := range t.Services {
		e.service(s, &t.Services[i])
	}
	e.buf = append(e.buf, "]}\n"...)
	return e.end(w)
}

func (e *encoder) destination(s *conn.Snapshot, u *conn.PortUse) {
	e.line()
	e.netns(namespaceOf(s, u.Destination.NetNS))
	e.text("local", u.Destination.Local.String())
	e.address("remote", u.Destination.Remote)
	e.flow(u.TimeWait)
	e.int("ports_used", int64(u.Taken))
	e.uintIf(u.Ports > 0, "ports", uint64(u.Ports))
	percent, known := u.Percent()
	e.tenthsIf(known, "used_percent", percent)
	in, runsOut := u.ExhaustedIn()
	e.durationIf(runsOut, "exhausted_in_s", in, time.Second)
	e.bool("reusable", u.Reusable)
	e.close()
}

func (e *encoder) service(s *conn.Snapshot, v *conn.ServiceWaits) {
	e.line()
	e.netns(namespaceOf(s, v.NetNS))
	e.uint("port", uint64(v.Port))
	e.flow(v.TimeWait)
	e.close()
}

// line begins an object of a list on a line of its own.
func (e *encoder) line() {
	e.next()
	e.buf = append(e.buf, "\n{"...)
}

func (e *encoder) flow(f conn.Flow) {
	e.int("time_wait", int64(f.Count))
	e.tenthsIf(true, "created_per_second", f.CreatedPerSecond())
}

// tenthsIf writes a number with one digit behind the point.
func (e *encoder) tenthsIf(known bool, name string, v float64) {
	if !known {
		e.null(name)
		return
	}
	e.key(name)
	e.buf = strconv.AppendFloat(e.buf, v, 'f', 1, 64)
}
