package keepalive

import (
	"context"
	"errors"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

// Kill ends the connections, never a process: the owner of one finds it dead
// with ECONNABORTED, and the peer gets a RST (net/ipv4/tcp.c, tcp_abort). A
// listener stops listening and drops the connections that wait for accept; of
// TIME-WAIT and SYN-RECV the kernel's stub goes away without a word. It cannot be
// undone.
//
// Each is looked for in its own network namespace, and nowhere else: equal
// addresses in two namespaces are two connections.
func (c *Controller) Kill(ctx context.Context, targets []conn.Connection, progress func(done, total int)) ([]conn.Result, error) {
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
	for _, group := range byNamespace(targets) {
		k := killerIn(targets, group)
		for _, i := range group {
			results[i] = conn.Result{Connection: targets[i], Outcome: conn.OutcomeNotReached}
			if ctx.Err() == nil {
				results[i].Outcome, results[i].Reason = k.kill(ctx, &targets[i])
				report()
			}
			ended[i] = log.end(i, results[i])
		}
		k.close()
	}
	_ = log.write(context.WithoutCancel(ctx), ended, false)
	return results, ctx.Err()
}

// byNamespace are the indices of the connections, by their network namespaces.
func byNamespace(targets []conn.Connection) map[uint64][]int {
	groups := make(map[uint64][]int)
	for i := range targets {
		inode := targets[i].NetNS.Inode
		groups[inode] = append(groups[inode], i)
	}
	return groups
}

// killer ends the connections of one network namespace.
type killer struct {
	sockets *inetdiag.Conn
	err     error // why there are no sockets
}

// killerIn reaches the namespace of a group of connections, by the processes that
// hold some of them: these are likely to be in it themselves.
// The own namespace takes no right to enter.
func killerIn(targets []conn.Connection, group []int) *killer {
	inode := targets[group[0]].NetNS.Inode
	if own, err := ownNamespace(); err == nil && own == inode {
		sockets, err := inetdiag.Dial(nil)
		return &killer{sockets: sockets, err: err}
	}
	var pids []int32
	for _, i := range group[:min(8, len(group))] {
		if owner, ok := targets[i].Owner(); ok {
			pids = append(pids, owner.PID)
		}
	}
	namespace, err := OpenNamespace(inode, pids...)
	if err != nil {
		return &killer{err: err}
	}
	defer func() { _ = namespace.Close() }()
	sockets, err := inetdiag.Dial(&inetdiag.Config{NetNS: int(namespace.Fd())})
	return &killer{sockets: sockets, err: err}
}

func (k *killer) close() {
	if k.sockets != nil {
		_ = k.sockets.Close()
	}
}

func (k *killer) kill(ctx context.Context, c *conn.Connection) (conn.Outcome, string) {
	if k.err != nil {
		return outcomeOf(k.err)
	}
	family := inetdiag.FamilyIPv4
	if c.Family == conn.IPv6 {
		family = inetdiag.FamilyIPv6
	}
	err := k.sockets.Destroy(ctx, family, inetdiag.SocketID{
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
