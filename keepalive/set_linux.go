package keepalive

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// setSettings turns the settings of a socket from one value into another and
// leaves alone what is equal in both.
//
// Turned off, SO_KEEPALIVE goes first: that stops the timer. Turned on, it starts
// the timer at the old TCP_KEEPIDLE, by then under the new count and interval.
// TCP_KEEPIDLE goes last: on a socket that has keepalive on it starts the timer
// anew from the time already silent, and the probe that may go out at once is to
// be followed by the others as was asked (net/ipv4/tcp.c,
// tcp_sock_set_keepidle_locked).
func (b borrowed) setSettings(from, to conn.Keepalive) error {
	was, is := from.State == conn.KeepaliveOn, to.State == conn.KeepaliveOn
	for _, o := range [...]struct {
		name          string
		level, option int
		from, to      int
	}{
		{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, toInt(was), toInt(was && is)},
		{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, from.Params.Count, to.Params.Count},
		{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(from.Params.Interval / time.Second), int(to.Params.Interval / time.Second)},
		{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(from.UserTimeout / time.Millisecond), int(to.UserTimeout / time.Millisecond)},
		{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, toInt(was && is), toInt(is)},
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(from.Params.Idle / time.Second), int(to.Params.Idle / time.Second)},
	} {
		if o.from == o.to {
			continue
		}
		if err := b.set(o.name, o.level, o.option, o.to); err != nil {
			return err
		}
	}
	return nil
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
