package cli

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/ui"
)

// fakeSource hands out one snapshot, or an error.
type fakeSource struct {
	snapshot *conn.Snapshot
	first    []fakePoll // what the first polls bring instead
	err      error
	wants    []conn.Want
	closed   int
}

func (f *fakeSource) Poll(ctx context.Context, want conn.Want) (*conn.Snapshot, error) {
	f.wants = append(f.wants, want)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if n := len(f.wants) - 1; n < len(f.first) {
		return f.first[n].snapshot, f.first[n].err
	}
	return f.snapshot, f.err
}

// fakePoll is what one poll brings.
type fakePoll struct {
	snapshot *conn.Snapshot
	err      error
}

func (f *fakeSource) Process(context.Context, int32) (conn.Process, error) {
	return conn.Process{}, f.err
}

func (f *fakeSource) Detail(context.Context, conn.ID) (conn.Detail, error) {
	return conn.Detail{}, f.err
}

func (f *fakeSource) Close() error {
	f.closed++
	return nil
}

// host is a small host: a server, a client that nobody guards, and a process
// whose name would clear a terminal.
func host() *conn.Snapshot {
	established := func(cookie uint64, name, local, remote string, silent time.Duration) conn.Connection {
		return conn.Connection{
			NetNS: conn.NetNS{Inode: 1, Name: "host"}, Family: conn.IPv4, State: conn.StateEstablished,
			Cookie: cookie, Inode: uint32(cookie), User: "root",
			Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote),
			Owners:    []conn.Owner{{PID: int32(cookie), FD: 3, Name: name}},
			Keepalive: conn.Keepalive{State: conn.KeepaliveOff, Source: conn.SourceRead},
			TCP:       conn.TCP{Known: conn.TCPBase, LastAckRecv: silent, LastDataRecv: silent},
		}
	}
	return &conn.Snapshot{
		At: time.Date(2024, 11, 20, 10, 30, 0, 0, time.UTC), Host: "web-01",
		Connections: []conn.Connection{
			established(11, "nginx", "10.0.0.1:443", "192.0.2.7:50000", 2*time.Second),
			established(12, "java", "10.0.0.1:41022", "10.0.9.4:9092", 41*time.Minute),
			established(13, "\x1b[2Jevil", "10.0.0.1:41023", "10.0.9.4:9093", 3*time.Minute),
		},
	}
}

// result is what a run of katop left behind.
type result struct {
	code           int
	stdout, stderr string
	source         *fakeSource
	monitor        []ui.Options
}

// katop runs katop with a fake source; terminal tells what stdout is.
func katop(t *testing.T, source *fakeSource, terminal bool, args ...string) result {
	t.Helper()
	r := result{source: source}
	var stdout, stderr bytes.Buffer
	r.code = Run(t.Context(), args, strings.NewReader(""), &stdout, &stderr, Deps{
		Open:    func(HostFlags) (Source, error) { return source, nil },
		Control: func(HostFlags) (Controller, error) { return &fakeController{}, nil },
		Monitor: func(_ context.Context, o ui.Options) error {
			r.monitor = append(r.monitor, o)
			return nil
		},
		Terminal: func(io.Writer) bool { return terminal },
	})
	r.stdout, r.stderr = stdout.String(), stderr.String()
	if len(source.wants) > 0 && source.closed != 1 {
		t.Errorf("the source was closed %d times, want once", source.closed)
	}
	return r
}
