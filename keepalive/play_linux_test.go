package keepalive_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// play is what the test binary does in a role.
func play(role string) error {
	var given task
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return err
	}
	if role == roleCrowd {
		return crowd(given.Pairs, given.At)
	}
	c := controllerAt(given.Journal)
	var did report
	var err error
	switch role {
	case roleProbe:
		did.Probed, err = c.Probe(context.Background(), given.Targets, time.Minute, nil)
	case roleNobody:
		var own conn.Connection
		if own, err = ownConnection(); err != nil {
			return err
		}
		targets := slices.Concat(given.Targets, []conn.Connection{own})
		did.Probed, err = c.Probe(context.Background(), targets, 0, nil)
		if err == nil {
			did.Applied, err = c.Apply(context.Background(), targets, general, nil)
		}
		if err == nil {
			// Now that keepalive is on, asking beside it takes more.
			var again []conn.ProbeResult
			again, err = c.Probe(context.Background(), []conn.Connection{own}, 0, nil)
			did.Probed = append(did.Probed, again...)
		}
	case roleAppend:
		var own conn.Connection
		if own, err = ownConnection(); err != nil {
			return err
		}
		for i := 0; i < 50 && err == nil; i++ {
			s := conn.Setting{Params: conn.Params{Count: 1 + i%2}}
			var results []conn.Result
			results, err = c.Apply(context.Background(), []conn.Connection{own}, s, nil)
			did.Applied = append(did.Applied, results...)
		}
	default:
		err = fmt.Errorf("no role %q", role)
	}
	return errors.Join(err, json.NewEncoder(os.Stdout).Encode(did))
}

// ownConnection is a connection of this process to itself. It lasts as long as
// the process.
func ownConnection() (c conn.Connection, err error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return c, err
	}
	dialed, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		return c, err
	}
	accepted, err := l.Accept()
	if err != nil {
		return c, err
	}
	fd, err := keep(dialed)
	if err != nil {
		return c, err
	}
	if _, err := keep(accepted); err != nil {
		return c, err
	}
	// Go turns keepalive on by itself.
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0); err != nil {
		return c, err
	}
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	return conn.Connection{
		Cookie: cookie, State: conn.StateEstablished, Family: conn.IPv4,
		Local:  netip.MustParseAddrPort(dialed.LocalAddr().String()),
		Remote: netip.MustParseAddrPort(dialed.RemoteAddr().String()),
		Owners: []conn.Owner{{PID: int32(os.Getpid()), FD: int32(fd), Name: "self"}},
	}, err
}

// keep duplicates the descriptor of the connection: the garbage collector closes
// that of a connection that nobody uses any more.
func keep(c net.Conn) (fd int, err error) {
	file, err := c.(*net.TCPConn).File()
	if err != nil {
		return -1, err
	}
	defer func() { _ = file.Close() }()
	return unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
}
