package keepalive

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

// Kill ends the connections, never a process: the owner of one finds it dead
// with ECONNABORTED, and the peer gets a RST (net/ipv4/tcp.c, tcp_abort). A
// listener stops listening and drops the connections that wait for accept; of
// TIME-WAIT and SYN-RECV the kernel's stub goes away without a word. It cannot be
// undone.
//
// It reaches the network namespace of the calling thread; connections of others
// are refused.
func (c *Controller) Kill(ctx context.Context, targets []conn.Connection, progress func(done, total int)) ([]conn.Result, error) {
	sockets, err := inetdiag.Dial(nil)
	if err != nil {
		return nil, fmt.Errorf("cannot end connections: %w", err)
	}
	defer func() { _ = sockets.Close() }()
	own, err := ownNamespace()
	if err != nil {
		return nil, fmt.Errorf("cannot end connections: %w", err)
	}
	log := c.log(conn.ActionKill, "")
	begun := make([]entry, len(targets))
	for i := range targets {
		owner, _ := targets[i].Owner()
		begun[i] = log.begin(i, &targets[i], owner, nil, nil)
	}
	if err := log.write(ctx, begun, true); err != nil {
		return nil, err
	}
	report := counter(progress, len(targets))
	results := make([]conn.Result, len(targets))
	ended := make([]entry, len(targets))
	for i := range targets {
		results[i] = conn.Result{Connection: targets[i], Outcome: conn.OutcomeNotReached}
		if ctx.Err() == nil {
			results[i].Outcome, results[i].Reason = kill(ctx, sockets, own, &targets[i])
			report()
		}
		ended[i] = log.end(i, results[i])
	}
	_ = log.write(context.WithoutCancel(ctx), ended, false)
	return results, ctx.Err()
}

func kill(ctx context.Context, sockets *inetdiag.Conn, own uint64, c *conn.Connection) (conn.Outcome, string) {
	if c.NetNS.Inode != own {
		return conn.OutcomeRefused, "it is in another network namespace: run katop there (nsenter --net)"
	}
	family := inetdiag.FamilyIPv4
	if c.Family == conn.IPv6 {
		family = inetdiag.FamilyIPv6
	}
	err := sockets.Destroy(ctx, family, inetdiag.SocketID{
		Local: c.Local, Remote: c.Remote, Interface: c.Interface, Cookie: c.Cookie,
	})
	switch {
	case err == nil:
		return conn.OutcomeDone, ""
	case errors.Is(err, inetdiag.ErrNotFound) && c.State == conn.StateListen:
		return conn.OutcomeGone, "the kernel does not find it: it is over, or shares its port with other listeners (SO_REUSEPORT)"
	case errors.Is(err, inetdiag.ErrNotFound):
		return conn.OutcomeGone, "it was over already"
	case ctx.Err() != nil:
		return conn.OutcomeUnknown, "cancelled while the kernel was asked to end it"
	}
	return conn.OutcomeRefused, err.Error()
}

// ownNamespace is the inode of the network namespace of the calling thread.
func ownNamespace() (uint64, error) {
	var st unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &st); err != nil {
		return 0, fmt.Errorf("find the own network namespace: %w", err)
	}
	return st.Ino, nil
}
