package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os/exec"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// listed is what katop list -o json says of one connection, but for its
// evidence.
type listed struct {
	NetNS     struct{ Inode uint64 }
	Family    string
	State     string
	Local     endpoint
	Remote    endpoint
	Cookie    uint64
	Inode     *uint32
	UID       *uint32
	User      *string
	Unit      *string
	Owners    []struct{ PID, FD int }
	Timer     listedTimer
	Keepalive listedKeepalive
	TCP       *listedTCP
	RecvQueue uint64 `json:"recv_queue"`
	SendQueue uint64 `json:"send_queue"`
	Verdict   string
	Severity  string
}

type listedTimer struct {
	Kind      string
	ExpiresMS *int64 `json:"expires_ms"`
}

type listedKeepalive struct {
	State, Source string
	IdleS         *int64 `json:"idle_s"`
	IntervalS     *int64 `json:"interval_s"`
	Count         *int   `json:"count"`
	UserTimeoutMS *int64 `json:"user_timeout_ms"`
	Unanswered    *int   `json:"unanswered"`
	Left          *int   `json:"left"`
	NextProbeMS   *int64 `json:"next_probe_ms"`
	DiesInMS      *int64 `json:"dies_in_ms"`
	DetectsInS    *int64 `json:"detects_in_s"`
}

type listedTCP struct {
	RTTUs          *int64  `json:"rtt_us"`
	SilentMS       *int64  `json:"silent_ms"`
	LastDataRecvMS *int64  `json:"last_data_recv_ms"`
	LastAckRecvMS  *int64  `json:"last_ack_recv_ms"`
	LastDataSentMS *int64  `json:"last_data_sent_ms"`
	Retransmits    int     `json:"retransmits"`
	Backoff        int     `json:"backoff"`
	TotalRetrans   int     `json:"total_retrans"`
	Unacked        int     `json:"unacked"`
	NotSentBytes   *uint64 `json:"notsent_bytes"`
	BytesSent      *uint64 `json:"bytes_sent"`
	BytesReceived  *uint64 `json:"bytes_received"`
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
// sockets know of them, and with what /proc and ss say, field by field: every
// state that can be made, IPv4, IPv6 and IPv4-mapped. There may be no connection
// more and none less.
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
	compared := map[string]int{}
	for name, ns := range map[string]*lab.Namespace{"near": l.Near, "far": l.Far()} {
		t.Run(name, func(t *testing.T) {
			want := visit(t, ns)
			for _, e := range expected {
				if e.NetNS == ns.Inode() {
					want = append(want, e)
				}
			}
			// Nothing stands still meanwhile: what looks before and after agree on
			// holds between them too.
			proc, ss := lookAtProc(t, ns), lookWithSS(t, ns)
			got := listIn(t, ns)
			againstSS(t, ss, lookWithSS(t, ns), got, compared)
			againstProc(t, proc, lookAtProc(t, ns), got)
			againstOwners(t, want, got)
		})
	}
	for _, what := range []string{"send queue", "timer keepalive", "timer time-wait", "rtt", "bytes_sent", "bytes_received", "lastack", "lastrcv", "total_retrans"} {
		if len(compared) > 0 && compared[what] == 0 {
			t.Errorf("%s was compared with ss on no connection", what)
		}
	}
}

// visit opens what States has not: sockets of another user than root, and a
// connection that had traffic since its keepalive timer was set.
func visit(t *testing.T, ns *lab.Namespace) []lab.Expectation {
	t.Helper()
	actor, err := ns.StartActor(lab.ActorOptions{Name: "nobody", UID: nobody, GID: nobody})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := actor.Listen(netip.MustParseAddrPort("127.0.0.1:7010"), lab.Options{Backlog: 7})
	if err != nil {
		t.Fatal(err)
	}
	dialed, err := actor.Dial(listener.Local, lab.Options{Keepalive: lab.Keepalive{On: true, Idle: 301 * time.Second, Interval: 31 * time.Second, Count: 3}})
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept(lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // of silence before the traffic
	exchange(t, dialed, accepted)
	for {
		_, unacked, err := accepted.Queues()
		if err != nil {
			t.Fatal(err)
		}
		if unacked == 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	expect := func(k *lab.Socket, state, timer string) lab.Expectation {
		return lab.Expectation{
			Scene: "visit", NetNS: ns.Inode(), State: state, Timer: timer, Local: k.Local, Remote: k.Remote,
			Inode: k.Inode, Cookie: k.Cookie, PID: k.PID, FD: k.FD, Keepalive: &k.Keepalive,
		}
	}
	return []lab.Expectation{expect(listener, "LISTEN", "none"), expect(dialed, "ESTABLISHED", "keepalive"), expect(accepted, "ESTABLISHED", "none")}
}
