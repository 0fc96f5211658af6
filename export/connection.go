package export

import (
	"net/netip"
	"time"

	"github.com/katop/katop/conn"
)

// connection writes one connection. The order of the fields is part of the
// schema.
func (e *encoder) connection(c *conn.Connection) {
	e.buf = append(e.buf, '{')
	e.netns(c.NetNS)
	e.word("family", c.Family.String())
	e.word("state", c.State.String())
	e.address("local", c.Local)
	e.address("remote", c.Remote)
	e.uint("cookie", c.Cookie)
	e.uintIf(c.Inode != 0, "inode", uint64(c.Inode))
	e.uintIf(c.UserKnown(), "uid", uint64(c.UID))
	e.user(c)
	e.owners(c)
	e.textIf("unit", c.Unit)
	e.timer(c.Timer)
	e.keepalive(c)
	e.tcp(c)
	e.uint("recv_queue", uint64(c.RecvQueue))
	e.uint("send_queue", uint64(c.SendQueue))
	e.verdict(c)
	e.close()
}

// identity writes which connection it was, as far as the journal has it, under
// the names of connection.
func (e *encoder) identity(c *conn.Connection) {
	e.buf = append(e.buf, '{')
	e.netns(c.NetNS)
	e.word("family", c.Family.String())
	e.word("state", c.State.String())
	e.address("local", c.Local)
	e.address("remote", c.Remote)
	e.uint("cookie", c.Cookie)
	e.uintIf(c.Inode != 0, "inode", uint64(c.Inode))
	e.owners(c)
	e.close()
}

func (e *encoder) netns(ns conn.NetNS) {
	e.open("netns")
	e.uintIf(ns.Inode != 0, "inode", ns.Inode)
	e.textIf("name", ns.Name)
	e.close()
}

func (e *encoder) address(name string, a netip.AddrPort) {
	e.open(name)
	e.key("addr")
	e.buf = append(e.buf, '"')
	e.buf = a.Addr().AppendTo(e.buf)
	e.buf = append(e.buf, '"')
	e.uint("port", uint64(a.Port()))
	e.close()
}

func (e *encoder) user(c *conn.Connection) {
	if !c.UserKnown() {
		e.null("user")
		return
	}
	e.textIf("user", c.User)
}

// owners writes the processes that hold the socket: [] where there is none for
// certain, as a minisock or an orphan has no inode to hold, and null where none
// was found although there is an inode: its owner may not be looked at.
func (e *encoder) owners(c *conn.Connection) {
	if len(c.Owners) == 0 && c.Inode != 0 {
		e.null("owners")
		return
	}
	e.key("owners")
	e.buf = append(e.buf, '[')
	for _, o := range c.Owners {
		e.next()
		e.buf = append(e.buf, '{')
		e.int("pid", int64(o.PID))
		e.int("fd", int64(o.FD))
		e.text("name", o.Name)
		e.close()
	}
	e.buf = append(e.buf, ']')
}

func (e *encoder) timer(t conn.Timer) {
	e.open("timer")
	e.word("kind", t.Kind.String())
	e.durationIf(t.Kind != conn.TimerNone, "expires_ms", t.Expires, time.Millisecond)
	e.close()
}

func (e *encoder) keepalive(c *conn.Connection) {
	e.open("keepalive")
	e.settings(&c.Keepalive)
	unanswered, known := c.Unanswered()
	e.uintIf(known, "unanswered", uint64(unanswered))
	left, known := c.Left()
	e.uintIf(known, "left", uint64(left))
	probe, known := c.NextProbe()
	e.durationIf(known, "next_probe_ms", probe, time.Millisecond)
	dies, known := c.DiesIn()
	e.durationIf(known, "dies_in_ms", dies, time.Millisecond)
	// Never has no number: state "off" beside the null says it.
	detects, known := c.DetectsIn()
	e.durationIf(known && detects != conn.Never, "detects_in_s", detects, time.Second)
	e.close()
}

// settings writes the fields of a keepalive setting.
func (e *encoder) settings(k *conn.Keepalive) {
	read := k.ParamsKnown()
	e.word("state", k.State.String())
	e.word("source", k.Source.String())
	e.durationIf(read, "idle_s", k.Params.Idle, time.Second)
	e.durationIf(read, "interval_s", k.Params.Interval, time.Second)
	e.uintIf(read, "count", uint64(k.Params.Count))
	e.durationIf(read && k.UserTimeout > 0, "user_timeout_ms", k.UserTimeout, time.Millisecond)
}

// tcp writes what tcp_info says, each field as far as the running kernel has
// it.
func (e *encoder) tcp(c *conn.Connection) {
	t := &c.TCP
	if !carriesInfo(c) {
		e.null("tcp")
		return
	}
	e.open("tcp")
	rtt, known := c.RTT()
	e.durationIf(known, "rtt_us", rtt, time.Microsecond)
	silent, heard := c.SilentFor()
	e.durationIf(heard, "silent_ms", silent, time.Millisecond)
	recv, known := c.LastDataRecv()
	e.durationIf(heard && known, "last_data_recv_ms", recv, time.Millisecond)
	e.durationIf(heard, "last_ack_recv_ms", t.LastAckRecv, time.Millisecond)
	e.durationIf(heard, "last_data_sent_ms", t.LastDataSent, time.Millisecond)
	e.uint("retransmits", uint64(t.Retransmits))
	e.uint("backoff", uint64(t.Backoff))
	e.uint("total_retrans", uint64(t.TotalRetrans))
	e.uint("unacked", uint64(t.Unacked))
	e.uintIf(t.Has(conn.TCPNotSent), "notsent_bytes", uint64(t.NotSentBytes))
	e.uintIf(t.Has(conn.TCPBytesSent), "bytes_sent", t.BytesSent)
	e.uintIf(t.Has(conn.TCPBytes), "bytes_received", t.BytesReceived)
	e.close()
}

func (e *encoder) verdict(c *conn.Connection) {
	j := conn.Judge(c, &e.thresholds)
	e.word("verdict", j.Verdict.String())
	e.word("severity", j.Severity.String())
	e.textIf("evidence", conn.Evidence(c, j, &e.thresholds))
}
