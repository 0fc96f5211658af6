package conn

import "time"

// KeepIdle is TCP_KEEPIDLE of a connection that has keepalive on.
func (c *Connection) KeepIdle() (time.Duration, bool) {
	return c.Keepalive.Params.Idle, c.Keepalive.State == KeepaliveOn && c.Keepalive.ParamsKnown()
}

// RTT is the smoothed round trip. It is not known before the first sample.
func (c *Connection) RTT() (time.Duration, bool) {
	return c.TCP.RTT, c.TCP.Has(TCPBase) && c.TCP.RTT > 0
}

// Retransmitted is the number of segments retransmitted over the connection's
// life.
func (c *Connection) Retransmitted() (int, bool) {
	return int(c.TCP.TotalRetrans), c.TCP.Has(TCPBase) && c.State != StateListen
}

// Unacknowledged is the number of bytes sent, or waiting to be, that the peer
// has not acknowledged. A listener has no such number: its SendQueue is a limit.
func (c *Connection) Unacknowledged() (int, bool) {
	return int(c.SendQueue), c.State != StateListen
}
