package cli

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// ailing is host with one connection whose other end is gone and one that is
// being probed.
func ailing() *conn.Snapshot {
	s := host()
	s.Connections[0].MirrorGone = true
	s.Connections[2].Keepalive.State = conn.KeepaliveOn
	s.Connections[2].Timer = conn.Timer{Kind: conn.TimerKeepalive, Retries: 1, Expires: 5 * time.Second}
	s.Connections[2].Keepalive.Params = conn.Params{Idle: time.Minute, Interval: 10 * time.Second, Count: 9}
	return s
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const none = " stalled=0;;;0 zero_window=0;;;0 close_wait=0;;;0"
	tests := []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "KATOP CRITICAL - 1 half-open, 1 probing, 1 unguarded | connections=3;;;0 critical=1;;0;0 warning=2;0;;0 half_open=1;;;0 probing=1;;;0" + none + " unguarded=1;;;0 slow_guard=0;;;0 embryonic=0;;;0"},
		{[]string{"-proc:nginx"}, 3, `KATOP UNKNOWN - unknown shorthand flag: 'p' in -proc:nginx; a filter term that begins with "-" goes behind "--", as in katop check -- -state:listen`},
		{[]string{"--", "-proc:nginx"}, 1, "KATOP WARNING - 1 probing, 1 unguarded | connections=2;;;0 critical=0;;0;0 warning=2;0;;0 half_open=0;;;0 probing=1;;;0" + none + " unguarded=1;;;0 slow_guard=0;;;0 embryonic=0;;;0"},
		{[]string{"proc:nobody"}, 0, "KATOP OK - 0 connections, none critical and none a warning | connections=0;;;0 critical=0;;0;0 warning=0;0;;0 half_open=0;;;0 probing=0;;;0" + none + " unguarded=0;;;0 slow_guard=0;;;0 embryonic=0;;;0"},
		{[]string{"proc:java", "--critical", "rport:9092 silent>1h", "--critical", "silent>30m"}, 2, "KATOP CRITICAL - 1 unguarded | connections=1;;;0 critical=1;;0;0 warning=0;0;;0 half_open=0;;;0 probing=0;;;0" + none + " unguarded=1;;;0 slow_guard=0;;;0 embryonic=0;;;0"},
		{[]string{"proc:java", "--critical", "silent>1h", "--warning", "verdict:half-open"}, 0, "KATOP OK - 1 connection, none critical and none a warning | connections=1;;;0 critical=0;;0;0 warning=0;0;;0 half_open=0;;;0 probing=0;;;0" + none + " unguarded=1;;;0 slow_guard=0;;;0 embryonic=0;;;0"},
		{[]string{"--critical", "prot:x|y"}, 3, `KATOP UNKNOWN - --critical "prot:x/y": unknown field "prot" at column 1: did you mean "proc" or "port"?`},
		{[]string{"--warning", " "}, 3, `KATOP UNKNOWN - --warning " ": it is a filter term, as severity:warning`},
		{[]string{"--limit", "3"}, 3, "KATOP UNKNOWN - unknown flag: --limit; see katop check --help"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Parallel()
			r := katop(t, &fakeSource{snapshot: ailing()}, false, append([]string{"check"}, tt.args...)...)
			if r.code != tt.code || r.stderr != "" {
				t.Errorf("exit code %d, want %d; stderr %q", r.code, tt.code, r.stderr)
			}
			if diff := cmp.Diff(tt.want+"\n", r.stdout); diff != "" {
				t.Errorf("stdout (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCheckNamesHealthyConnections: a term may choose what no verdict is about.
func TestCheckNamesHealthyConnections(t *testing.T) {
	t.Parallel()
	s := host()
	s.Connections[0].Keepalive.State = conn.KeepaliveOn
	r := katop(t, &fakeSource{snapshot: s}, false, "check", "--critical", "rport:50000", "--warning", "proc:java")
	if want := "KATOP CRITICAL - 1 unguarded, 1 judged ok | "; r.code != 2 || !strings.HasPrefix(r.stdout, want) {
		t.Errorf("exit code %d, stdout %q", r.code, r.stdout)
	}
}

// performanceData is what the guidelines of monitoring plugins demand of a value:
// 'label'=value[UOM];[warn];[crit];[min];[max].
var performanceData = regexp.MustCompile(`^[a-z_]{1,19}=(\d+|U);\d*;\d*;\d*(;\d*)?$`)

func TestCheckPerformanceData(t *testing.T) {
	t.Parallel()
	r := katop(t, &fakeSource{snapshot: ailing()}, false, "check")
	text, data, found := strings.Cut(strings.TrimSuffix(r.stdout, "\n"), " | ")
	if !found || strings.ContainsAny(text, "|\n") {
		t.Fatalf("stdout %q", r.stdout)
	}
	for _, value := range strings.Fields(data) {
		if !performanceData.MatchString(value) {
			t.Errorf("performance data %q", value)
		}
	}
}

// TestCheckLooksTwice holds that the second of two whole looks is judged.
func TestCheckLooksTwice(t *testing.T) {
	t.Parallel()
	r := katop(t, &fakeSource{first: []fakePoll{{snapshot: host()}}, snapshot: ailing()}, false, "check", "proc:nginx")
	if r.code != 2 || len(r.source.wants) != 2 {
		t.Fatalf("exit code %d after %d polls: %s", r.code, len(r.source.wants), r.stdout)
	}
	if diff := cmp.Diff([]conn.Want{{}, {AllOptions: true}}, r.source.wants); diff != "" {
		t.Errorf("it asked for (-want +got):\n%s", diff)
	}
}

// TestCheckSaysWhatItDidNotSee holds that a judgement on less than everything
// does not look like one on everything.
func TestCheckSaysWhatItDidNotSee(t *testing.T) {
	t.Parallel()
	s := host()
	s.Hidden = []conn.Hidden{{What: "owners of 2 connections", Why: "not permitted", Need: "run as root"}}
	s.Interrupted = true
	r := katop(t, &fakeSource{snapshot: s}, false, "check")
	const want = "KATOP WARNING - 1 unguarded; not seen: owners of 2 connections (run as root), what came and went during the dump | "
	if r.code != 1 || !strings.HasPrefix(r.stdout, want) || strings.Count(r.stdout, "\n") != 1 || r.stderr != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q", r.code, r.stdout, r.stderr)
	}
}

// seenByNobody is host as somebody without rights sees it: no owners, and of
// keepalive what the timers tell.
func seenByNobody() *conn.Snapshot {
	s := host()
	for i := range s.Connections {
		c := &s.Connections[i]
		c.Owners, c.Keepalive = nil, conn.InferKeepalive(c.State, c.Timer)
	}
	s.Hidden = []conn.Hidden{{What: "owners and keepalive options of 3 connections", Why: "not permitted", Need: "run as root"}}
	return s
}

// TestCheckInDoubt holds that what is not seen does not pass for zero, nor for
// OK; and that what is seen well enough is judged.
func TestCheckInDoubt(t *testing.T) {
	t.Parallel()
	const unseen = "; not seen: owners and keepalive options of 3 connections (run as root) | "
	guarded := seenByNobody()
	for i := range guarded.Connections { // the timer tells that keepalive is on
		guarded.Connections[i].Timer = conn.Timer{Kind: conn.TimerKeepalive, Expires: 1}
		guarded.Connections[i].Keepalive.State = conn.KeepaliveOn
	}
	lost := seenByNobody()
	lost.Connections[1].MirrorGone = true
	for _, tt := range []struct {
		name        string
		snapshot    *conn.Snapshot
		args        []string
		code        int
		text        string
		performance string
	}{
		{
			"silent without keepalive, the user timeout not known", seenByNobody(), nil, 3,
			"UNKNOWN - 3 connections, none seen to be critical and none a warning, of 1 connection it cannot be told",
			"connections=3;;;0 critical=0;;0;0 warning=U;0;;0 half_open=0;;;0 probing=0;;;0 stalled=0;;;0 zero_window=0;;;0 close_wait=0;;;0 unguarded=U;;;0 slow_guard=0;;;0 embryonic=0;;;0",
		},
		{
			"how slow a guard is makes no warning", guarded, nil, 0,
			"OK - 3 connections, none critical and none a warning",
			"connections=3;;;0 critical=0;;0;0 warning=0;0;;0 half_open=0;;;0 probing=0;;;0 stalled=0;;;0 zero_window=0;;;0 close_wait=0;;;0 unguarded=0;;;0 slow_guard=U;;;0 embryonic=0;;;0",
		},
		{
			"what rests on no options is decided", seenByNobody(), []string{"-c", "verdict:half-open", "-w", "verdict:close-wait"}, 0,
			"OK - 3 connections, none critical and none a warning", "connections=3;;;0 critical=0;;0;0 warning=0;0;;0 half_open=0;",
		},
		{
			"whose connections they are is not known", seenByNobody(), []string{"proc:java"}, 3,
			"UNKNOWN - at least 0 connections, none seen to be critical and none a warning, of 1 connection it cannot be told",
			"connections=U;;;0 critical=0;;0;0 warning=U;0;;0 half_open=0;",
		},
		{
			"the filter leaves out what is in doubt", seenByNobody(), []string{"lport:443"}, 0,
			"OK - 1 connection, none critical and none a warning", "connections=1;;;0 critical=0;;0;0 warning=0;0;;0 half_open=0;",
		},
		{
			"what is certain counts all the same", lost, nil, 2,
			"CRITICAL - 1 half-open", "connections=3;;;0 critical=1;;0;0 warning=0;0;;0 half_open=1;",
		},
	} {
		r := katop(t, &fakeSource{snapshot: tt.snapshot}, false, append([]string{"check"}, tt.args...)...)
		if want := "KATOP " + tt.text + unseen + tt.performance; r.code != tt.code || !strings.HasPrefix(r.stdout, want) || r.stderr != "" {
			t.Errorf("%s: exit code %d, want %d; stderr %q, stdout (want as a prefix, got)\n%s\n%s", tt.name, r.code, tt.code, r.stderr, want, r.stdout)
		}
		for _, value := range strings.Fields(r.stdout[strings.Index(r.stdout, " | ")+3:]) {
			if !performanceData.MatchString(value) {
				t.Errorf("%s: performance data %q", tt.name, value)
			}
		}
	}
}

// TestCheckHalfOpenInDoubt holds that a connection whose other end may be gone is
// not counted as one that is there.
func TestCheckHalfOpenInDoubt(t *testing.T) {
	t.Parallel()
	s := host()
	s.Connections[0].MirrorUnproven = true
	s.Hidden = []conn.Hidden{{What: "half-open state of 1 connection", Why: "NAT may be in play", Need: "run katop while both ends are there"}}
	r := katop(t, &fakeSource{snapshot: s}, false, "check", "lport:443")
	const want = "KATOP UNKNOWN - 1 connection, none seen to be critical and none a warning, of 1 connection it cannot be told; " +
		"not seen: half-open state of 1 connection (run katop while both ends are there) | " +
		"connections=1;;;0 critical=U;;0;0 warning=0;0;;0 half_open=U;"
	if r.code != 3 || !strings.HasPrefix(r.stdout, want) {
		t.Errorf("exit code %d, stdout %q", r.code, r.stdout)
	}
}

// TestCheckFailureIsUnknown holds that nothing that goes wrong passes for a
// state of the connections.
func TestCheckFailureIsUnknown(t *testing.T) {
	t.Parallel()
	failure := errors.New("no \x1b[2Jsock_diag | here")
	for _, source := range []*fakeSource{{err: failure}, {first: []fakePoll{{snapshot: host()}}, err: failure}} {
		r := katop(t, source, false, "check")
		if want := `KATOP UNKNOWN - reading the connections: no \x1b[2Jsock_diag / here` + "\n"; r.code != 3 || r.stdout != want {
			t.Errorf("exit code %d, stdout %q", r.code, r.stdout)
		}
	}
	var stdout, stderr bytes.Buffer
	closed := Deps{Open: func(HostFlags) (Source, error) { return nil, errors.New("katop needs Linux") }}
	if code := Run(t.Context(), []string{"check"}, nil, &stdout, &stderr, closed); code != 3 || stdout.String() != "KATOP UNKNOWN - katop needs Linux\n" {
		t.Errorf("exit code %d, stdout %q", code, &stdout)
	}
	open := Deps{Open: func(HostFlags) (Source, error) { return &fakeSource{snapshot: host()}, nil }}
	stderr.Reset()
	if code := Run(t.Context(), []string{"check"}, nil, fullDisk{}, &stderr, open); code != 3 {
		t.Errorf("nobody could read it: exit code %d", code)
	}
	oneLine(t, stderr.String())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stdout.Reset()
	if code := Run(ctx, []string{"check"}, nil, &stdout, &stderr, open); code != 3 || stdout.String() != "KATOP UNKNOWN - interrupted before it was done\n" {
		t.Errorf("exit code %d, stdout %q", code, &stdout)
	}
}
