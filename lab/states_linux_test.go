package lab_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/katop/katop/lab"
)

// row is what /proc/net/tcp and ss both tell of a socket.
type row struct {
	State, Timer string
	Inode        uint32
}

// wantedStates is every state there is but CLOSE, which is no connection.
var wantedStates = []string{
	"ESTABLISHED", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
	"CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING",
}

func TestStates(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	expected, err := l.States()
	must(t, err)

	seen := map[string]bool{}
	for _, e := range expected {
		seen[e.State] = true
	}
	for _, s := range wantedStates {
		if !seen[s] {
			t.Errorf("no connection in %s", s)
		}
	}

	_, err = exec.LookPath("ss")
	hasSS := err == nil
	if !hasSS {
		t.Log("not compared with ss: it is not installed (iproute2)")
	}
	for _, n := range []*lab.Namespace{l.Near, l.Far()} {
		want := map[string]row{}
		cookies := map[string]uint64{}
		for _, e := range expected {
			if e.NetNS != n.Inode() {
				continue
			}
			key := e.Local.String() + " " + e.Remote.String()
			want[key] = row{State: e.State, Timer: e.Timer, Inode: e.Inode}
			if e.Cookie != 0 {
				cookies[key] = e.Cookie
			}
		}
		eventually(t, n.Name()+" in /proc/net/tcp{,6}", func() string {
			return cmp.Diff(want, procRows(t, n))
		})
		if hasSS {
			eventually(t, n.Name()+" in ss -tanoie", func() string {
				rows, all := ssRows(t, n)
				got := map[string]uint64{}
				for key := range cookies {
					got[key] = all[key]
				}
				return cmp.Diff(want, rows) + cmp.Diff(cookies, got)
			})
		}
	}
	for _, e := range expected {
		wantOwner(t, e)
	}
}

// eventually gives short-lived differences (a delayed ACK) the time to go.
func eventually(t *testing.T, what string, difference func() string) {
	t.Helper()
	for end := time.Now().Add(3 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		d := difference()
		if d == "" {
			return
		}
		if time.Now().After(end) {
			t.Errorf("%s (-want +got):\n%s", what, d)
			return
		}
	}
}

// wantOwner checks that the descriptor leads to the socket.
func wantOwner(t *testing.T, e lab.Expectation) {
	t.Helper()
	if e.PID == 0 {
		if e.Inode != 0 || e.FD != -1 || e.Keepalive != nil {
			t.Errorf("%s: has no owner, yet %+v", e, e)
		}
		return
	}
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", e.PID, e.FD))
	if want := fmt.Sprintf("socket:[%d]", e.Inode); link != want {
		t.Errorf("%s: descriptor is %q, want %q (%v)", e, link, want, err)
	}
}

// procRows reads /proc/net/tcp and tcp6 (Documentation/networking/proc_net_tcp.rst).
func procRows(t *testing.T, n *lab.Namespace) map[string]row {
	t.Helper()
	states := strings.Fields("- ESTABLISHED SYN-SENT SYN-RECV FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSE CLOSE-WAIT LAST-ACK LISTEN CLOSING")
	timers := strings.Fields("none retransmit keepalive time-wait zero-window")
	rows := map[string]row{}
	for _, file := range []string{"/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"} {
		var text []byte
		must(t, n.Do(func() (err error) {
			text, err = os.ReadFile(file)
			return err
		}))
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Scan() // the heading
		for lines.Scan() {
			f := strings.Fields(lines.Text())
			state, err := strconv.ParseUint(f[3], 16, 8)
			must(t, err)
			timer, err := strconv.ParseUint(f[5][:2], 16, 8)
			must(t, err)
			inode, err := strconv.ParseUint(f[9], 10, 32)
			must(t, err)
			rows[procAddr(t, f[1])+" "+procAddr(t, f[2])] = finWait(row{states[state], timers[timer], uint32(inode)})
		}
	}
	return rows
}

// finWait gives the sk_timer of an orphan its own name.
func finWait(r row) row {
	if r.State == "FIN-WAIT-2" && r.Timer == "keepalive" && r.Inode == 0 {
		r.Timer = "fin-wait"
	}
	return r
}

// procAddr reads an address as the kernel prints it: words of 32 bits in the
// order of the host, then the port.
func procAddr(t *testing.T, s string) string {
	t.Helper()
	address, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(address)
	must(t, err)
	for i := 0; i < len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	ip, _ := netip.AddrFromSlice(b)
	p, err := strconv.ParseUint(port, 16, 16)
	must(t, err)
	return netip.AddrPortFrom(ip, uint16(p)).String()
}

// ssRows reads what ss says, and the cookie it prints of each socket.
func ssRows(t *testing.T, n *lab.Namespace) (rows map[string]row, cookies map[string]uint64) {
	t.Helper()
	var text []byte
	must(t, n.Do(func() (err error) {
		text, err = exec.Command("ss", "-tanoieOH").Output()
		return err
	}))
	timers := map[string]string{"": "none", "on": "retransmit", "keepalive": "keepalive", "timewait": "time-wait", "persist": "zero-window"}
	rows, cookies = map[string]row{}, map[string]uint64{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		r := row{State: f[0]}
		if r.State == "ESTAB" {
			r.State = "ESTABLISHED"
		}
		key := ssAddr(t, f[3]) + " " + ssAddr(t, f[4])
		timer := ""
		for _, word := range f[5:] {
			name, value, _ := strings.Cut(word, ":")
			var err error
			switch name {
			case "timer":
				timer, _, _ = strings.Cut(strings.TrimPrefix(value, "("), ",")
			case "ino":
				var inode uint64
				inode, err = strconv.ParseUint(value, 10, 32)
				r.Inode = uint32(inode)
			case "sk":
				cookies[key], err = strconv.ParseUint(value, 16, 64)
			}
			must(t, err)
		}
		known, ok := timers[timer]
		if !ok {
			known = timer
		}
		r.Timer = known
		rows[key] = finWait(r)
	}
	return rows, cookies
}

// ssAddr reads "*:7001" of a listener for both families, and "0.0.0.0:*".
func ssAddr(t *testing.T, s string) string {
	t.Helper()
	s = strings.Replace(s, "*:", "[::]:", 1)
	if rest, ok := strings.CutSuffix(s, ":*"); ok {
		s = rest + ":0"
	}
	a, err := netip.ParseAddrPort(s)
	must(t, err)
	return a.String()
}
