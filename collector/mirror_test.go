//go:build linux

package collector_test

import (
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// loopbackPairs opens connections of "client" to "server" in one namespace and
// lets bytes pass.
func loopbackPairs(t *testing.T, n *lab.Namespace, at string, number int) (dialed, accepted []*lab.Socket) {
	t.Helper()
	server, client := startActor(t, n, "server"), startActor(t, n, "client")
	listener, err := server.Listen(netip.MustParseAddrPort(at), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range number {
		d, err := client.Dial(listener.Local, lab.Options{})
		if err != nil {
			t.Fatal(err)
		}
		a, err := listener.Accept(lab.Options{})
		if err == nil {
			_, err = d.Send(10)
		}
		if err == nil {
			_, err = a.Receive(10)
		}
		if err != nil {
			t.Fatal(err)
		}
		dialed, accepted = append(dialed, d), append(accepted, a)
	}
	return dialed, accepted
}

// setLoopback brings lo of the namespace up or takes it down.
func setLoopback(n *lab.Namespace, up bool) error {
	return n.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		lo, err := unix.NewIfreq("lo")
		if err != nil {
			return err
		}
		if up {
			lo.SetUint16(unix.IFF_UP)
		}
		return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
	})
}

// killSilently ends a socket as ss -K does while its RST cannot go anywhere.
func killSilently(n *lab.Namespace, s *lab.Socket) error {
	return errors.Join(setLoopback(n, false), destroy(n, s), setLoopback(n, true))
}

// closeInRepair closes a socket without FIN or RST, as checkpointing does
// (TCP_REPAIR, net/ipv4/tcp.c, tcp_disconnect).
func closeInRepair(_ *lab.Namespace, s *lab.Socket) error {
	pidfd, err := unix.PidfdOpen(s.PID, 0)
	if err != nil {
		return err
	}
	defer unix.Close(pidfd)
	fd, err := unix.PidfdGetfd(pidfd, s.FD, 0)
	if err != nil {
		return err
	}
	err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_REPAIR, 1)
	return errors.Join(err, unix.Close(fd), s.Close())
}

// TestMirrorGone ends one end of loopback connections without the other's
// knowledge: two polls later that is half-open for certain. The others, whose
// server waits, has closed or is about to, are not.
func TestMirrorGone(t *testing.T) {
	t.Parallel()
	needLab(t)
	tests := []struct {
		name string
		at   string
		end  func(*lab.Namespace, *lab.Socket) error
		late bool // katop is started only when it has happened
	}{
		{"killed", "127.0.0.1:8080", killSilently, false},
		{"killed, IPv6", "[::1]:8080", killSilently, false},
		{"closed in repair", "127.0.0.1:8080", closeInRepair, false},
		{"closed in repair before the first poll", "127.0.0.1:8080", closeInRepair, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, err := lab.Solo()
			if err != nil {
				t.Fatal(err)
			}
			closing(t, n)
			dialed, accepted := loopbackPairs(t, n, tt.at, 4)
			w := watching(t, n)
			if !tt.late {
				assertMirrors(t, w.poll(), nil)
			}
			if err := errors.Join(tt.end(n, accepted[0]), accepted[1].CloseWrite(), dialed[2].CloseWrite()); err != nil {
				t.Fatal(err)
			}
			assertMirrors(t, w.poll(), nil)
			s := w.poll()
			assertMirrors(t, s, dialed[0])
			th := conn.DefaultThresholds()
			if c := connectionOf(s, dialed[0]); c != nil {
				want := conn.Judgement{Verdict: conn.VerdictHalfOpen, Severity: conn.SeverityCritical}
				if got := conn.Judge(c, &th); got != want {
					t.Errorf("judged %v, want %v", got, want)
				}
				t.Log(conn.Evidence(c, conn.Judge(c, &th), &th))
			}
		})
	}
}

// assertMirrors expects the mirror of one connection to be gone, or of none.
func assertMirrors(t *testing.T, s *conn.Snapshot, gone *lab.Socket) {
	t.Helper()
	for i := range s.Connections {
		c := &s.Connections[i]
		want := gone != nil && c.Cookie == gone.Cookie
		if c.MirrorGone != want {
			t.Errorf("%v to %v, %v: mirror gone %v, want %v", c.Local, c.Remote, c.State, c.MirrorGone, want)
		}
	}
	if gone != nil && connectionOf(s, gone) == nil {
		t.Error("the end that was left is not in the snapshot")
	}
}
