package export

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/katop/katop/conn"
)

// process names the first owner and counts the others; CSV names them all.
func process(r *row, f form) string {
	if len(r.Owners) == 0 {
		return ""
	}
	if f == forReading {
		first := ownerText(r.Owners[0])
		if more := len(r.Owners) - 1; more > 0 {
			return first + " +" + strconv.Itoa(more)
		}
		return first
	}
	all := make([]string, len(r.Owners))
	for i, o := range r.Owners {
		all[i] = ownerText(o)
	}
	return strings.Join(all, " ")
}

func ownerText(o conn.Owner) string { return o.Name + "/" + strconv.Itoa(int(o.PID)) }

func pid(r *row) (uint64, bool) {
	o, known := r.Owner()
	return uint64(o.PID), known
}

func fd(r *row) (uint64, bool) {
	o, known := r.Owner()
	return uint64(o.FD), known
}

// user is the owner's name, or the number of one that has no name. The kernel
// reports UID 0 for a socket that no inode belongs to.
func user(r *row) string {
	switch {
	case !r.UserKnown():
		return ""
	case r.User == "":
		return strconv.FormatUint(uint64(r.UID), 10)
	}
	return r.User
}

// netns is the namespace's name, or the number of one that has no name.
func netns(r *row) string {
	if r.NetNS.Name == "" && r.NetNS.Inode != 0 {
		return strconv.FormatUint(r.NetNS.Inode, 10)
	}
	return r.NetNS.Name
}

func local(r *row, f form) string { return address(r.Local, f) }

func remote(r *row, f form) string { return address(r.Remote, f) }

// address shows port 0, which a listener's peer has, as ss does.
func address(a netip.AddrPort, f form) string {
	if f == forMachines || a.Port() != 0 {
		return a.String()
	}
	return strings.TrimSuffix(a.String(), "0") + "*"
}

// keepalive shows what was read as idle/interval/count. What only follows from
// the timer is marked, so that nobody takes it for read. CSV has the parameters
// in columns of their own: a spreadsheet takes "5/2/4" for a date.
func keepalive(r *row, f form) string {
	k := &r.Keepalive
	switch {
	case f == forMachines:
		return k.State.String()
	case k.State == conn.KeepaliveUnknown:
		return ""
	case k.State == conn.KeepaliveOn && k.ParamsKnown():
		return k.Params.String()
	case k.Source == conn.SourceInferred:
		return "~" + k.State.String()
	}
	return k.State.String()
}

func interval(r *row) (time.Duration, bool) {
	_, known := r.KeepIdle()
	return r.Keepalive.Params.Interval, known
}

func probeCount(r *row) (uint64, bool) {
	_, known := r.KeepIdle()
	return uint64(r.Keepalive.Params.Count), known
}

func userTimeout(r *row) (time.Duration, bool) {
	return r.Keepalive.UserTimeout, r.Keepalive.ParamsKnown() && r.Keepalive.UserTimeout > 0
}

func timer(r *row, f form) string {
	kind := r.Timer.Kind
	switch {
	case f == forMachines:
		return kind.String()
	case kind == conn.TimerNone:
		return ""
	}
	return kind.String() + " " + conn.Span(r.Timer.Expires)
}

func expires(r *row) (time.Duration, bool) {
	return r.Timer.Expires, r.Timer.Kind != conn.TimerNone
}

func bytesSent(r *row) (uint64, bool) {
	return r.TCP.BytesSent, carriesInfo(r.Connection) && r.TCP.Has(conn.TCPBytesSent)
}

func bytesReceived(r *row) (uint64, bool) {
	return r.TCP.BytesReceived, carriesInfo(r.Connection) && r.TCP.Has(conn.TCPBytes)
}

func unanswered(r *row) (uint64, bool) {
	n, known := r.Unanswered()
	return uint64(n), known
}

func left(r *row, f form) string {
	n, known := r.Left()
	switch {
	case !known:
		return ""
	case f == forReading:
		return fmt.Sprintf("%d/%d", n, r.Keepalive.Params.Count)
	}
	return strconv.Itoa(n)
}

func rtt(r *row, f form) string {
	d, known := r.RTT()
	switch {
	case !known:
		return ""
	case f == forMachines:
		return strconv.FormatInt(d.Microseconds(), 10)
	}
	return conn.RoundTrip(d)
}

func retransmitted(r *row) (uint64, bool) {
	n, known := r.Retransmitted()
	return uint64(n), known
}

// carriesInfo tells whether tcp_info came and speaks of a connection: that of a
// listener does not.
func carriesInfo(c *conn.Connection) bool {
	return c.TCP.Has(conn.TCPBase) && c.State != conn.StateListen
}
