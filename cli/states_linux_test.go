package cli

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/katop/katop/lab"
)

// listed is what katop list -o json says of one connection, as far as somebody
// else knows it too.
type listed struct {
	NetNS  struct{ Inode uint64 }
	Family string
	State  string
	Local  endpoint
	Remote endpoint
	Cookie uint64
	Inode  *uint32
	Owners []struct{ PID, FD int }
	Timer  struct {
		Kind      string
		ExpiresMS *int64 `json:"expires_ms"`
	}
	Keepalive struct {
		State, Source string
		IdleS         *int64 `json:"idle_s"`
		IntervalS     *int64 `json:"interval_s"`
		Count         *int   `json:"count"`
		UserTimeoutMS *int64 `json:"user_timeout_ms"`
	}
	TCP *struct {
		BytesReceived uint64 `json:"bytes_received"`
	} `json:"tcp"`
	Verdict  string
	Severity string
}

type endpoint struct {
	Addr netip.Addr
	Port uint16
}

func (e endpoint) String() string { return netip.AddrPortFrom(e.Addr, e.Port).String() }

func (l *listed) key() string {
	return fmt.Sprintf("%s %s %s", l.State, l.Local, l.Remote)
}

// listIn runs katop list -o json inside a namespace.
func listIn(t *testing.T, ns *lab.Namespace) []listed {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := katopCommand(t, runAsKatop, "list", "-o", "json")
	cmd.Stdout, cmd.Stderr = &out, &errs
	runIn(t, ns, cmd)
	if errs.Len() > 0 {
		t.Errorf("stderr: %s", &errs)
	}
	var answer struct {
		Schema      int
		Connections []listed
	}
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	if answer.Schema != 1 {
		t.Errorf("schema %d, want 1", answer.Schema)
	}
	return answer.Connections
}

func runIn(t *testing.T, ns *lab.Namespace, cmd *exec.Cmd) {
	t.Helper()
	p, err := ns.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Fatalf("%v: %v, stderr: %v", cmd.Args[1:], err, cmd.Stderr)
	}
}

// TestListEqualsWhatWasOpened compares the JSON with what the owners of the
// sockets know of them, field by field: every state that can be made, IPv4, IPv6
// and IPv4-mapped. There may be no connection more and none less.
func TestListEqualsWhatWasOpened(t *testing.T) {
	t.Parallel()
	needsLab(t)
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	expected, err := l.States()
	if err != nil {
		t.Fatal(err)
	}
	for name, ns := range map[string]*lab.Namespace{"near": l.Near, "far": l.Far()} {
		t.Run(name, func(t *testing.T) {
			got := listIn(t, ns)
			var want []lab.Expectation
			for _, e := range expected {
				if e.NetNS == ns.Inode() {
					want = append(want, e)
				}
			}
			compare(t, want, got)
			againstProc(t, ns, got)
			againstSS(t, ns, got)
		})
	}
}

func compare(t *testing.T, want []lab.Expectation, got []listed) {
	t.Helper()
	byKey := map[string]*listed{}
	for i := range got {
		byKey[got[i].key()] = &got[i]
	}
	if len(byKey) != len(got) || len(got) != len(want) {
		t.Errorf("%d connections under %d keys, want %d", len(got), len(byKey), len(want))
	}
	for _, e := range want {
		key := fmt.Sprintf("%s %s %s", e.State, e.Local, e.Remote)
		l := byKey[key]
		if l == nil {
			t.Errorf("%s is missing", e)
			continue
		}
		if diff := gocmp.Diff(factsOf(e), factsIn(l, e.Cookie != 0)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", e, diff)
		}
		if l.Cookie == 0 {
			t.Errorf("%s has no cookie", e)
		}
		if minisock := e.State == "TIME-WAIT" || e.State == "SYN-RECV" || e.State == "LISTEN"; minisock && l.TCP != nil {
			t.Errorf("%s has tcp_info that the kernel did not give", e)
		}
	}
}

// facts are what owner and katop must agree on.
type facts struct {
	NetNS              uint64
	Family, Timer      string
	Inode              uint32
	Cookie             uint64
	Owner              string
	Keepalive          string
	TimerMustHaveValue bool
}

func factsOf(e lab.Expectation) facts {
	f := facts{
		NetNS: e.NetNS, Family: "ipv6", Timer: e.Timer, Inode: e.Inode, Cookie: e.Cookie,
		Owner: "[]", Keepalive: "unknown", TimerMustHaveValue: e.Timer != "none",
	}
	if e.Local.Addr().Is4() {
		f.Family = "ipv4"
	}
	if e.PID != 0 {
		f.Owner = fmt.Sprintf("[{%d %d}]", e.PID, e.FD)
	}
	if k := e.Keepalive; k != nil {
		f.Keepalive = "off"
		if k.On {
			f.Keepalive = "on"
		}
		f.Keepalive += fmt.Sprintf(" read %d/%d/%d timeout %d", k.Idle/time.Second, k.Interval/time.Second, k.Count, k.UserTimeout.Milliseconds())
	}
	return f
}

func factsIn(l *listed, withCookie bool) facts {
	f := facts{
		NetNS: l.NetNS.Inode, Family: l.Family, Timer: l.Timer.Kind, Owner: fmt.Sprint(l.Owners),
		Keepalive: l.Keepalive.State, TimerMustHaveValue: l.Timer.ExpiresMS != nil,
	}
	if withCookie {
		f.Cookie = l.Cookie
	}
	if l.Inode != nil {
		f.Inode = *l.Inode
	}
	if k := &l.Keepalive; k.Source == "read" {
		timeout := int64(0)
		if k.UserTimeoutMS != nil {
			timeout = *k.UserTimeoutMS
		}
		f.Keepalive += fmt.Sprintf(" read %d/%d/%d timeout %d", *k.IdleS, *k.IntervalS, *k.Count, timeout)
	} else if l.Inode == nil && k.State != "unknown" {
		// An orphan's timer tells that keepalive is off; nobody owns it who could
		// say the same.
		f.Keepalive = "unknown"
	}
	return f
}

// againstProc compares with /proc/net/tcp and tcp6 of the namespace: addresses,
// state and inode.
func againstProc(t *testing.T, ns *lab.Namespace, got []listed) {
	t.Helper()
	states := []string{
		"", "ESTABLISHED", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
		"CLOSE", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECV",
	}
	var theirs []string
	err := ns.Do(func() error {
		for _, file := range []string{"/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"} {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
				f := strings.Fields(line)
				state, _ := strconv.ParseUint(f[3], 16, 8)
				inode := f[9]
				theirs = append(theirs, fmt.Sprintf("%s %s %s %s", states[state], procEndpoint(f[1]), procEndpoint(f[2]), inode))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, l := range got {
		inode := uint32(0)
		if l.Inode != nil {
			inode = *l.Inode
		}
		ours = append(ours, fmt.Sprintf("%s %d", l.key(), inode))
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	if diff := gocmp.Diff(theirs, ours); diff != "" {
		t.Errorf("against /proc/net/tcp (-theirs +ours):\n%s", diff)
	}
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

var ssFields = regexp.MustCompile(`(?:ino|sk|timer):\(?[^ ,)]+`)

// againstSS compares with ss -tanoie: state, cookie, inode and kind of timer.
func againstSS(t *testing.T, ns *lab.Namespace, got []listed) {
	t.Helper()
	ss, err := exec.LookPath("ss")
	if err != nil {
		t.Log("ss is not installed: not compared with it")
		return
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), ss, "-tanoieOH")
	cmd.Stdout = &out
	runIn(t, ns, cmd)
	states := map[string]string{"ESTAB": "ESTABLISHED"}
	kinds := map[string]string{"on": "retransmit", "persist": "zero-window", "timewait": "time-wait"}
	var theirs []string
	for line := range strings.Lines(out.String()) {
		fields := map[string]string{}
		for _, f := range ssFields.FindAllString(line, -1) {
			name, value, _ := strings.Cut(f, ":")
			fields[name] = strings.TrimPrefix(value, "(")
		}
		state := strings.Fields(line)[0]
		theirs = append(theirs, fmt.Sprintf("%s sk:%s ino:%s timer:%s", cmp.Or(states[state], state), fields["sk"],
			cmp.Or(fields["ino"], "0"), cmp.Or(kinds[fields["timer"]], fields["timer"], "none")))
	}
	var ours []string
	for _, l := range got {
		inode := uint32(0)
		if l.Inode != nil {
			inode = *l.Inode
		}
		kind := l.Timer.Kind
		if kind == "fin-wait" {
			kind = "keepalive" // ss shows the kernel's number
		}
		ours = append(ours, fmt.Sprintf("%s sk:%x ino:%d timer:%s", l.State, l.Cookie, inode, kind))
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	if diff := gocmp.Diff(theirs, ours); diff != "" {
		t.Errorf("against ss (-theirs +ours):\n%s", diff)
	}
}
