package cli

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/katop/katop/lab"
)

// procRow is one line of /proc/net/tcp or tcp6 (net/ipv4/tcp_ipv4.c,
// tcp4_seq_show).
type procRow struct {
	State, Local, Remote string
	RecvQueue, SendQueue uint64
	UID, Inode           uint64
}

func (r procRow) key() string { return r.State + " " + r.Local + " " + r.Remote }

// lookAtProc reads /proc/net/tcp and tcp6 of the namespace.
func lookAtProc(t *testing.T, ns *lab.Namespace) map[string]procRow {
	t.Helper()
	states := []string{
		"", "ESTABLISHED", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
		"CLOSE", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECV",
	}
	rows := map[string]procRow{}
	err := ns.Do(func() error {
		for _, file := range []string{"/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"} {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
				f := strings.Fields(line)
				send, recv, _ := strings.Cut(f[4], ":")
				r := procRow{State: states[number(t, f[3], 16)], Local: procEndpoint(f[1]).String(), Remote: procEndpoint(f[2]).String()}
				r.SendQueue, r.RecvQueue = number(t, send, 16), number(t, recv, 16)
				r.UID, r.Inode = number(t, f[7], 10), number(t, f[9], 10)
				rows[r.key()] = r
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func number(t *testing.T, s string, base int) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(s, base, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// procEndpoint reads 0100007F:1F90: words of the address in host order.
func procEndpoint(s string) netip.AddrPort {
	addr, port, _ := strings.Cut(s, ":")
	raw, _ := hex.DecodeString(addr)
	for i := 0; i+4 <= len(raw); i += 4 {
		slices.Reverse(raw[i : i+4])
	}
	a, _ := netip.AddrFromSlice(raw)
	p, _ := strconv.ParseUint(port, 16, 16)
	return netip.AddrPortFrom(a, uint16(p))
}

// againstProc compares with /proc/net/tcp: addresses, state, inode, user and
// queues. The limit of a listener's queue is not in there.
func againstProc(t *testing.T, before, after map[string]procRow, got []listed) {
	t.Helper()
	ours, want := map[string]procRow{}, map[string]procRow{}
	for i := range got {
		l := &got[i]
		r := procRow{State: l.State, Local: l.Local.String(), Remote: l.Remote.String(), RecvQueue: l.RecvQueue, SendQueue: l.SendQueue}
		if l.State == "LISTEN" {
			r.SendQueue = 0
		}
		if (l.Inode == nil) != (l.UID == nil) {
			t.Errorf("%s: inode %s, UID %s: neither goes without the other", l.key(), orDash(l.Inode), orDash(l.UID))
		}
		if l.Inode != nil && l.UID != nil {
			r.Inode, r.UID = uint64(*l.Inode), uint64(*l.UID)
		}
		ours[r.key()] = r
		theirs := before[r.key()]
		if later := after[r.key()]; theirs.SendQueue != later.SendQueue || theirs.RecvQueue != later.RecvQueue {
			theirs.SendQueue, theirs.RecvQueue = r.SendQueue, r.RecvQueue // in motion
		}
		want[r.key()] = theirs
	}
	for key, r := range before {
		if _, there := want[key]; !there {
			want[key] = r
		}
	}
	if diff := gocmp.Diff(want, ours); diff != "" {
		t.Errorf("against /proc/net/tcp (-theirs +ours):\n%s", diff)
	}
	checkUsers(t, got)
}

// checkUsers holds that there are the users that opened the sockets, by name
// where they have one.
func checkUsers(t *testing.T, got []listed) {
	t.Helper()
	names := map[uint32]string{}
	passwd, err := os.ReadFile("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(passwd)) {
		f := strings.Split(line, ":")
		if _, there := names[uint32(number(t, f[2], 10))]; !there {
			names[uint32(number(t, f[2], 10))] = f[0]
		}
	}
	nobodys := 0
	for i := range got {
		l := &got[i]
		if l.UID == nil {
			if l.User != nil {
				t.Errorf("%s is nobody's and has the user %s", l.key(), *l.User)
			}
			continue
		}
		if *l.UID == nobody {
			nobodys++
		}
		if name, there := names[*l.UID]; there && fmt.Sprint(name) != orDash(l.User) {
			t.Errorf("%s: user %s, want %s", l.key(), orDash(l.User), name)
		}
	}
	if nobodys != 3 {
		t.Errorf("%d sockets of UID %d, want 3", nobodys, nobody)
	}
}
