package export

import "github.com/katop/katop/conn"

// Whether an empty cell of a row stands for a value that exists and could not be
// learnt.

func always(*row) bool { return true }

func hasInode(r *row) bool { return r.Inode != 0 }

// ownerHidden: where there is an inode, somebody holds it.
func ownerHidden(r *row) bool { return hasInode(r) && len(r.Owners) == 0 }

// optionsHidden: a minisock has no socket options any more.
func optionsHidden(r *row) bool { return !r.Minisock() && !r.Keepalive.ParamsKnown() }

// paramsHidden: where keepalive is off, the parameters are not in force.
func paramsHidden(r *row) bool {
	return optionsHidden(r) && r.Keepalive.State != conn.KeepaliveOff
}

// guardHidden: only under the keepalive timer are there probes to come and to
// count.
func guardHidden(r *row) bool {
	return optionsHidden(r) && r.Timer.Kind == conn.TimerKeepalive
}

// deathHidden: a death is in sight once probes are unanswered, and with data
// retransmitted if there is a user timeout, or may be one.
func deathHidden(r *row) bool {
	if !synchronized(r) {
		return false
	}
	switch r.Timer.Kind {
	case conn.TimerKeepalive:
		return r.Timer.Retries > 0
	case conn.TimerRetransmit:
		return r.TCP.Retransmits > 0 && (!r.Keepalive.ParamsKnown() || r.Keepalive.UserTimeout > 0)
	}
	return false
}

func detectionHidden(r *row) bool { return synchronized(r) }

// lacks tells of connections to which tcp_info belongs that the kernel did not
// report that part of it.
func lacks(part conn.TCPFields) func(*row) bool {
	return func(r *row) bool { return synchronized(r) && !r.TCP.Has(part) }
}

// synchronized tells whether the connection has got through its handshake (RFC
// 9293, section 3.3.2) and is more than a minisock.
func synchronized(r *row) bool {
	switch r.State {
	case conn.StateListen, conn.StateSynSent, conn.StateClose:
		return false
	}
	return !r.Minisock()
}
