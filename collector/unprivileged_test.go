//go:build linux

package collector_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// unprivilegedVariable makes the test binary poll once the network namespaces
// that it names, and print the snapshot.
const unprivilegedVariable = "KATOP_TEST_POLL"

const nobody = 65534

func pollUnprivileged() int {
	c, err := collector.New(collector.Options{NetNS: os.Getenv(unprivilegedVariable)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	own, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = own.Close() }()
	s, err := c.Poll(context.Background(), conn.Want{AllOptions: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := json.NewEncoder(os.Stdout).Encode(s); err != nil {
		return 1
	}
	return 0
}

// listen is a listening socket in the namespace of the calling thread.
func listen() (*os.File, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer func() { _ = l.Close() }()
	return l.(*net.TCPListener).File()
}

// ownBinary is a copy of the test binary that any user may run.
func ownBinary(t *testing.T) string {
	t.Helper()
	// t.TempDir lies under folders that other users may not enter.
	folder, err := os.MkdirTemp("", "katop-test") //nolint:usetesting
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	to, err := os.OpenFile(filepath.Join(folder, "collector.test"), os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return to.Name()
}

// pollAsNobody polls in a process of another user with these capabilities, and
// returns its PID too.
func pollAsNobody(t *testing.T, n *lab.Namespace, capabilities ...uintptr) (s conn.Snapshot, pid int32) {
	t.Helper()
	return pollAs(t, n, collector.OwnNetNS, capabilities...)
}

// pollAs is pollAsNobody of the namespaces that netns means.
func pollAs(t *testing.T, n *lab.Namespace, netns string, capabilities ...uintptr) (s conn.Snapshot, pid int32) {
	t.Helper()
	cmd := exec.Command(ownBinary(t))
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), unprivilegedVariable+"="+netns)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: nobody, Gid: nobody},
		AmbientCaps: capabilities,
	}
	var text []byte
	err := n.Do(func() (err error) {
		text, err = cmd.Output()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s, int32(cmd.Process.Pid)
}

// What the hidden lines promise: both capabilities show everything, either
// alone shows no owner.
func TestCapabilities(t *testing.T) {
	n, listener, dialed := solo(t)
	tests := []struct {
		name         string
		capabilities []uintptr
		want         bool
	}{
		{"both", []uintptr{unix.CAP_SYS_PTRACE, unix.CAP_DAC_READ_SEARCH}, true},
		{"CAP_SYS_PTRACE", []uintptr{unix.CAP_SYS_PTRACE}, false},
		{"CAP_DAC_READ_SEARCH", []uintptr{unix.CAP_DAC_READ_SEARCH}, false},
	}
	for _, tt := range tests {
		s, _ := pollAsNobody(t, n, tt.capabilities...)
		for _, c := range s.Connections {
			if c.Cookie != listener.Cookie && c.Cookie != dialed.Cookie {
				continue
			}
			if known := len(c.Owners) == 1; known != tt.want || (c.Keepalive.Source == conn.SourceRead) != tt.want {
				t.Errorf("%s: %v has owners %v and keepalive %v, want them known: %v", tt.name, c.State, c.Owners, c.Keepalive, tt.want)
			}
		}
		if (len(s.Hidden) == 0) != tt.want {
			t.Errorf("%s: hidden %v, want nothing: %v", tt.name, s.Hidden, tt.want)
		}
	}
}

// Without rights one's own sockets are known, and those of others are as far as
// the dump goes; nothing is made up.
func TestUnprivileged(t *testing.T) {
	n, listener, dialed := solo(t)
	s, pid := pollAsNobody(t, n)
	inferred := conn.Keepalive{State: conn.KeepaliveOn, Source: conn.SourceInferred}
	var own, queued int
	for _, c := range s.Connections {
		switch {
		case c.Cookie == listener.Cookie:
			if len(c.Owners) != 0 || c.Keepalive != (conn.Keepalive{}) || c.User != "root" {
				t.Errorf("another user's listener: owners %v, keepalive %v, user %q; want the user alone", c.Owners, c.Keepalive, c.User)
			}
		case c.Cookie == dialed.Cookie:
			if len(c.Owners) != 0 || c.Keepalive != inferred {
				t.Errorf("another user's connection: owners %v, keepalive %v; want none and %v", c.Owners, c.Keepalive, inferred)
			}
		case c.Inode == 0:
			queued++
		default:
			own++
			if len(c.Owners) != 1 || c.Owners[0].PID != pid || c.Keepalive.Source != conn.SourceRead {
				t.Errorf("one's own socket: owners %v, keepalive %v; want PID %d and read", c.Owners, c.Keepalive, pid)
			}
		}
	}
	if own != 1 || queued != 1 || len(s.Connections) != 4 {
		t.Errorf("%d own and %d queued of %d connections, want 1 and 1 of 4", own, queued, len(s.Connections))
	}
	want := "owners and keepalive options of 2 connections hidden: /proc/PID/fd of other users' processes may not be read; run as root, or give katop CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
	var hidden []string
	for _, h := range s.Hidden {
		hidden = append(hidden, h.String())
	}
	if got := strings.Join(hidden, "\n"); got != want {
		t.Errorf("hidden %q, want %q", got, want)
	}
	if name := s.Namespaces[0].NetNS; name.Inode != n.Inode() || name.Name != n.Name() {
		t.Errorf("namespace %v, want %d %s", name, n.Inode(), n.Name())
	}
}

// Without rights the own namespace is shown, and it is said that there are
// others; the capabilities that are said to show them do.
func TestEveryNamespaceAsNobody(t *testing.T) {
	all := solos(t, 2)
	own, other := settle(t, all[0], 0), settle(t, all[1], 0)
	startActor(t, all[1], "resident") // so that the other has a process that may not be seen
	count := func(s *conn.Snapshot, truth map[conn.ID]twin) (n int) {
		for i := range s.Connections {
			if _, there := truth[s.Connections[i].ID()]; there {
				n++
			}
		}
		return n
	}
	s, _ := pollAs(t, all[0], collector.AllNetNS)
	if count(&s, own) != len(own) || count(&s, other) != 0 || s.AllNamespaces {
		t.Errorf("%d own connections and %d of others, all namespaces %v; want %d and none", count(&s, own), count(&s, other), s.AllNamespaces, len(own))
	}
	if len(s.Hidden) == 0 || !strings.Contains(s.Hidden[0].String(), "other network namespace") || !strings.Contains(s.Hidden[0].String(), "CAP_SYS_ADMIN") {
		t.Errorf("hidden %v, want first that there are other namespaces, and what shows them", s.Hidden)
	}
	s, _ = pollAs(t, all[0], collector.AllNetNS, unix.CAP_SYS_ADMIN, unix.CAP_SYS_PTRACE, unix.CAP_NET_ADMIN, unix.CAP_DAC_READ_SEARCH)
	if count(&s, own) != len(own) || count(&s, other) != len(other) {
		t.Errorf("with capabilities %d and %d connections, want %d and %d; hidden %v", count(&s, own), count(&s, other), len(own), len(other), s.Hidden)
	}
}
