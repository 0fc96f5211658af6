package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// station is where katop is called in a test: a namespace, with a journal.
type station struct {
	t       *testing.T
	ns      *lab.Namespace
	journal string
}

func newStation(t *testing.T, ns *lab.Namespace) *station {
	t.Helper()
	return &station{t: t, ns: ns, journal: filepath.Join(t.TempDir(), "journal.jsonl")}
}

// command is katop with these arguments, parted by blanks.
func (s *station) command(args string) *exec.Cmd {
	s.t.Helper()
	cmd := katopCommand(s.t, runAsKatop, strings.Fields(args)...)
	cmd.Env = append(cmd.Env, journalVariable+"="+s.journal)
	return cmd
}

// call runs a command of katop and returns what it said.
func (s *station) call(cmd *exec.Cmd) result {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	p, err := s.ns.Start(cmd)
	if err != nil {
		s.t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := p.Wait(); err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return result{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
}

// answer is the JSON of the commands that act.
type answer struct {
	Schema  int
	Results []acted
}

type acted struct {
	Connection    listed
	Before, After *options
	Outcome       string
	AnsweredMS    *int64 `json:"answered_ms"`
	Unanswered    *int
	Retransmits   *int
	Reset         bool
	Reason        *string
}

// options are those of a socket, as JSON has them and as its owner may say them.
type options struct {
	State         string
	IdleS         int  `json:"idle_s"`
	IntervalS     int  `json:"interval_s"`
	Count         int  `json:"count"`
	UserTimeoutMS *int `json:"user_timeout_ms"`
}

func (o *options) String() string {
	timeout := 0
	if o.UserTimeoutMS != nil {
		timeout = *o.UserTimeoutMS
	}
	return strings.Join([]string{o.State, strconv.Itoa(o.IdleS), strconv.Itoa(o.IntervalS), strconv.Itoa(o.Count), strconv.Itoa(timeout)}, " ")
}

// act runs a command with -o json that must end with the code, and returns its
// results by the port of their remote end.
func (s *station) act(code int, args string) map[uint16]acted {
	s.t.Helper()
	r := s.call(s.command(args + " -o json"))
	if r.code != code || (r.stderr == "") != (code == 0) {
		s.t.Fatalf("katop %s: exit code %d, want %d, stderr %q", args, r.code, code, r.stderr)
	}
	var a answer
	if err := json.Unmarshal([]byte(r.stdout), &a); err != nil {
		s.t.Fatalf("%v in %s", err, r.stdout)
	}
	byPort := map[uint16]acted{}
	for _, one := range a.Results {
		byPort[one.Connection.Remote.Port] = one
	}
	if len(byPort) != len(a.Results) || a.Schema != 1 {
		s.t.Fatalf("katop %s: %s", args, r.stdout)
	}
	return byPort
}

// said is what the owner's own getsockopt says now.
func said(t *testing.T, k *lab.Socket) string {
	t.Helper()
	now, err := k.Describe()
	if err != nil {
		t.Fatal(err)
	}
	o := options{State: "off", IdleS: int(now.Keepalive.Idle / time.Second), IntervalS: int(now.Keepalive.Interval / time.Second), Count: now.Keepalive.Count}
	if now.Keepalive.On {
		o.State = "on"
	}
	timeout := int(now.Keepalive.UserTimeout / time.Millisecond)
	o.UserTimeoutMS = &timeout
	return o.String()
}

func mustActor(t *testing.T, ns *lab.Namespace, o lab.ActorOptions) *lab.Actor {
	t.Helper()
	a, err := ns.StartActor(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// mustPair is a connection that one actor dials and the other accepts on a port.
func mustPair(t *testing.T, from, to *lab.Actor, addr netip.AddrPort, o lab.Options) (dialed, accepted *lab.Socket) {
	t.Helper()
	listener, err := to.Listen(addr, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if dialed, err = from.Dial(addr, o); err != nil {
		t.Fatal(err)
	}
	if accepted, err = listener.Accept(lab.Options{}); err != nil {
		t.Fatal(err)
	}
	return dialed, accepted
}

func mustLab(t *testing.T) *lab.Lab {
	t.Helper()
	needsLab(t)
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
