package keepalive

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive/bpf"
)

// setSettings turns the settings of a socket from one value into another and
// leaves alone what is equal in both.
func (b borrowed) setSettings(from, to conn.Keepalive) error {
	for _, o := range steps(from, to) {
		if err := b.set(o.name, o.level, o.option, o.value); err != nil {
			return err
		}
	}
	return nil
}

// step is one setsockopt(2).
type step struct {
	name                 string
	level, option, value int
}

// steps are what turns one value into the other, in the order in which it must be
// done.
//
// Turned off, SO_KEEPALIVE goes first: that stops the timer. Turned on, it starts
// the timer at the old TCP_KEEPIDLE, by then under the new count and interval.
// TCP_KEEPIDLE goes last: on a socket that has keepalive on it starts the timer
// anew from the time already silent, and the probe that may go out at once is to
// be followed by the others as was asked (net/ipv4/tcp.c,
// tcp_sock_set_keepidle_locked).
func steps(from, to conn.Keepalive) []step {
	was, is := from.State == conn.KeepaliveOn, to.State == conn.KeepaliveOn
	all := make([]step, 0, bpf.MaxSteps)
	for _, o := range [...]struct {
		step
		from int
	}{
		{step{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, toInt(was && is)}, toInt(was)},
		{step{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, to.Params.Count}, from.Params.Count},
		{step{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(to.Params.Interval / time.Second)}, int(from.Params.Interval / time.Second)},
		{step{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(to.UserTimeout / time.Millisecond)}, int(from.UserTimeout / time.Millisecond)},
		{step{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, toInt(is)}, toInt(was && is)},
		{step{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(to.Params.Idle / time.Second)}, int(from.Params.Idle / time.Second)},
	} {
		if o.value != o.from {
			all = append(all, o.step)
		}
	}
	return all
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
