package ui

import (
	"strconv"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

func rttCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	if !c.TCP.Has(conn.TCPBase) || c.TCP.RTT == 0 {
		return absent, theme.Faint
	}
	return conn.RoundTrip(c.TCP.RTT), theme.Muted
}

func retransCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	if !c.TCP.Has(conn.TCPBase) {
		return absent, theme.Faint
	}
	return strconv.FormatUint(uint64(c.TCP.TotalRetrans), 10), theme.Muted
}

func recvQueueCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	return queue(c, c.RecvQueue)
}

func sendQueueCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	return queue(c, c.SendQueue)
}

// queue is an amount of bytes, and for a listener a number of connections.
func queue(c *conn.Connection, n uint32) (string, theme.Role) {
	switch {
	case c.Minisock():
		return absent, theme.Faint
	case c.State == conn.StateListen:
		return strconv.FormatUint(uint64(n), 10), theme.Muted
	}
	return conn.Bytes(uint64(n)), theme.Muted
}

func sentCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	if !c.TCP.Has(conn.TCPBytesSent) {
		return absent, theme.Faint
	}
	return conn.Bytes(c.TCP.BytesSent), theme.Muted
}

func receivedCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	if !c.TCP.Has(conn.TCPBytes) {
		return absent, theme.Faint
	}
	return conn.Bytes(c.TCP.BytesReceived), theme.Muted
}
