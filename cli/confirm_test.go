package cli

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// undoableJournal has one command that can be taken back.
func undoableJournal() []conn.Action {
	return []conn.Action{{ID: "A", Kind: conn.ActionKeepalive, Results: []conn.Result{{Connection: host().Connections[0], Outcome: conn.OutcomeDone}}}}
}

// TestActsOnlyWhenTold holds that nothing is changed without a yes, and that a
// no, the end of the input and a missing terminal are none.
func TestActsOnlyWhenTold(t *testing.T) {
	t.Parallel()
	commands := []struct{ args, acts, question string }{
		{"keepalive on --profile general proc:java", "apply java", "change 1 connection? [y/N] "},
		{"keepalive off --user-timeout 9s proc:java", "apply java", "change 1 connection? [y/N] "},
		{"keepalive set --params 10:2:3 proc:java|nginx", "apply java nginx", "change 2 connections? [y/N] "},
		{"kill proc:java", "kill java", "end 1 connection? [y/N] "},
		{"kill --all", "kill java nginx \x1b[2Jevil", "end 3 connections? [y/N] "},
		{"undo", "undo A", "take back A on 1 connection? [y/N] "},
	}
	answers := []struct {
		name, stdin, flags string
		asked              bool
		acts, asks         bool
	}{
		{name: "--yes", flags: " --yes", acts: true},
		{name: "--yes on a terminal", flags: " -y", asked: true, stdin: "n\n", acts: true},
		{name: "y", stdin: "y\n", asked: true, acts: true, asks: true},
		{name: "YES", stdin: " YES \n", asked: true, acts: true, asks: true},
		{name: "y and the end", stdin: "y", asked: true, acts: true, asks: true},
		{name: "n", stdin: "n\n", asked: true, asks: true},
		{name: "enter", stdin: "\n", asked: true, asks: true},
		{name: "yess", stdin: "yess\n", asked: true, asks: true},
		{name: "a yes too late", stdin: "\ny\n", asked: true, asks: true},
		{name: "the end", asked: true, asks: true},
		{name: "no terminal", stdin: "y\n"},
	}
	for _, c := range commands {
		for _, a := range answers {
			t.Run(c.args+", "+a.name, func(t *testing.T) {
				t.Parallel()
				control := &fakeController{journal: undoableJournal()}
				r := invocation{args: c.args + a.flags, stdin: a.stdin, asked: a.asked}.run(t, control)
				var want []string
				code := 1
				if a.acts {
					want, code = []string{c.acts}, 0
				}
				if diff := cmp.Diff(want, control.acted()); diff != "" || r.code != code {
					t.Errorf("exit code %d, want %d; acts (-want +got):\n%s", r.code, code, diff)
				}
				if asks := strings.Contains(r.stderr, c.question); asks != a.asks {
					t.Errorf("asked: %t, want %t: %q", asks, a.asks, r.stderr)
				}
				if !a.acts && !strings.Contains(r.stderr, "katop: nothing was changed: ") {
					t.Errorf("it does not say that nothing was changed: %q", r.stderr)
				}
				if !a.acts && r.stdout != "" {
					t.Errorf("stdout %q", r.stdout)
				}
			})
		}
	}
}

// TestPlanIsShown holds what is shown before the question, to the letter: a name
// that would clear the screen included.
func TestPlanIsShown(t *testing.T) {
	t.Parallel()
	s := host()
	for i := range s.Connections {
		s.Connections[i].Keepalive.Params = conn.Params{Idle: 7200 * time.Second, Interval: 75 * time.Second, Count: 9}
	}
	s.Connections[0].Keepalive = conn.Keepalive{
		State: conn.KeepaliveOn, Source: conn.SourceRead,
		Params: conn.Params{Idle: 300 * time.Second, Interval: 30 * time.Second, Count: 3},
	}
	s.Connections = append(s.Connections, s.Connections[1])
	s.Connections[3].Owners = nil
	r := invocation{args: "keepalive on --profile general --all", asked: true, snapshot: s}.run(t, &fakeController{})
	const want = `PROCESS         STATE        LOCAL           REMOTE           BEFORE         AFTER        OUTCOME    REASON
java/12         ESTABLISHED  10.0.0.1:41022  10.0.9.4:9092    off 7200/75/9  on 300/30/3  -          -
-               ESTABLISHED  10.0.0.1:41022  10.0.9.4:9092    off 7200/75/9  -            refused    no process is known that holds it
\x1b[2Jevil/13  ESTABLISHED  10.0.0.1:41023  10.0.9.4:9093    off 7200/75/9  on 300/30/3  -          -
nginx/11        ESTABLISHED  10.0.0.1:443    192.0.2.7:50000  on 300/30/3    on 300/30/3  unchanged  -

2 connections would be changed (so already: 1; without a known owner: 1)
a silent death is found after at most 6m30s, now never
probes while all are idle: 36.0 per hour, now 12.0 per hour
change 2 connections? [y/N] 
katop: nothing was changed: the answer was not yes
`
	if diff := cmp.Diff(want, r.stderr); diff != "" {
		t.Errorf("stderr (-want +got):\n%s", diff)
	}
	if r.stdout != "" {
		t.Errorf("stdout %q", r.stdout)
	}
}

// TestDryRun holds that it shows on stdout what would be done, and that the
// controller is not even made.
func TestDryRun(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ args, want string }{
		{"keepalive on --params 10:2:3 proc:java --dry-run", "PROCESS  STATE        LOCAL           REMOTE         BEFORE     AFTER\njava/12  ESTABLISHED  10.0.0.1:41022  10.0.9.4:9092  off 0/0/0  on 10/2/3\n\n1 connection would be changed\n"},
		{"kill proc:java --dry-run", "PROCESS  STATE        LOCAL           REMOTE\njava/12  ESTABLISHED  10.0.0.1:41022  10.0.9.4:9092\n"},
		{"kill proc:java --dry-run --yes -o json", `{"schema":1,"dry_run":true,"results":[` + "\n" + `{"connection":`},
		{"keepalive off proc:java --dry-run -o json", `{"schema":1,"dry_run":true,"results":[` + "\n" + `{"connection":`},
	} {
		control := &fakeController{}
		r := invocation{args: tt.args}.run(t, control)
		if r.code != 0 || r.stderr != "" || len(control.calls) > 0 {
			t.Errorf("%s: exit code %d, stderr %q, calls %q", tt.args, r.code, r.stderr, control.calls)
		}
		if !strings.HasPrefix(r.stdout, tt.want) {
			t.Errorf("%s: stdout %q, want it to begin with %q", tt.args, r.stdout, tt.want)
		}
	}
}

// TestNothingToChangeIsNotAsked holds that who asks for what is so already gets
// the answer at once.
func TestNothingToChangeIsNotAsked(t *testing.T) {
	t.Parallel()
	control := &fakeController{outcomes: []conn.Outcome{conn.OutcomeUnchanged}}
	r := invocation{args: "keepalive off proc:java", asked: true}.run(t, control)
	if r.code != 0 || r.stderr != "" || !strings.Contains(r.stdout, "unchanged") {
		t.Errorf("exit code %d, stdout %q, stderr %q", r.code, r.stdout, r.stderr)
	}
}

// TestInterruptedWhileAsking holds that a signal ends the question, though
// nobody ever answers.
func TestInterruptedWhileAsking(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	silent, hold := io.Pipe()
	defer hold.Close()
	control := &fakeController{}
	var stderr lockedBuffer
	ended := make(chan int)
	go func() {
		ended <- Run(ctx, []string{"kill", "proc:java"}, silent, io.Discard, &stderr, Deps{
			Open:        func(HostFlags) (Source, error) { return &fakeSource{snapshot: host()}, nil },
			Control:     func(HostFlags) (Controller, error) { return control, nil },
			Terminal:    func(io.Writer) bool { return true },
			Interactive: func(io.Reader) bool { return true },
		})
	}()
	for !strings.Contains(stderr.String(), "[y/N]") {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if code := <-ended; code != 1 || len(control.acted()) > 0 {
		t.Errorf("exit code %d, acts %q", code, control.acted())
	}
	if !strings.HasSuffix(stderr.String(), "katop: nothing was changed: interrupted before there was an answer\n") {
		t.Errorf("stderr %q", stderr.String())
	}
}
