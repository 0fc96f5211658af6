package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive"
)

// lockedBuffer is written and read by several goroutines.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// TestExitCodes holds the code of every outcome, and that one bad outcome among
// good ones is enough, with one line that counts it and says why.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	const why = "take \x1b[2J care: run as root"
	tests := []struct {
		command string
		outcome conn.Outcome
		code    int
	}{
		{"keepalive off", conn.OutcomeDone, 0},
		{"keepalive off", conn.OutcomeUnchanged, 0},
		{"keepalive off", conn.OutcomeGone, 1},
		{"keepalive off", conn.OutcomeRefused, 1},
		{"keepalive off", conn.OutcomeDiffers, 1},
		{"keepalive off", conn.OutcomeNotReached, 1},
		{"kill", conn.OutcomeDone, 0},
		{"kill", conn.OutcomeRefused, 1},
		{"kill", conn.OutcomeUnknown, 1},
		{"probe", conn.OutcomeAlive, 0},
		{"probe", conn.OutcomeSilent, 0},
		{"probe", conn.OutcomeOutstanding, 0},
		{"probe", conn.OutcomeNotChecked, 1},
		{"probe", conn.OutcomeGone, 1},
		{"probe", conn.OutcomeNotReached, 1},
	}
	for _, tt := range tests {
		t.Run(tt.command+" "+tt.outcome.String(), func(t *testing.T) {
			t.Parallel()
			good := conn.OutcomeDone
			args, hasYes := tt.command+" --all -o json", " --yes"
			if tt.command == "probe" {
				good, hasYes = conn.OutcomeAlive, ""
			}
			control := &fakeController{outcomes: []conn.Outcome{good, tt.outcome, good}, reason: why}
			r := invocation{args: args + hasYes}.run(t, control)
			if r.code != tt.code {
				t.Errorf("exit code %d, want %d", r.code, tt.code)
			}
			want := ""
			if tt.code == 1 {
				want = "katop: of 3 connections 1 " + tt.outcome.String() + "; " + tt.outcome.String() + `: take \x1b[2J care: run as root` + "\n"
			}
			if diff := cmp.Diff(want, r.stderr); diff != "" {
				t.Errorf("stderr (-want +got):\n%s", diff)
			}
			var answer struct {
				Schema  int
				Results []struct{ Outcome *string }
			}
			if err := json.Unmarshal([]byte(r.stdout), &answer); err != nil {
				t.Fatal(err)
			}
			second := tt.outcome.String()
			if tt.outcome == conn.OutcomeUnknown {
				second = "null"
			}
			got := "null"
			if o := answer.Results[1].Outcome; o != nil {
				got = *o
			}
			if answer.Schema != 1 || len(answer.Results) != 3 || *answer.Results[0].Outcome != good.String() || got != second {
				t.Errorf("stdout %s", r.stdout)
			}
		})
	}
}

// TestInterruptedInTheMiddle holds that what was done is reported.
func TestInterruptedInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"keepalive off --all --yes", "kill --all --yes", "probe --all", "undo --yes"} {
		ctx, cancel := context.WithCancel(t.Context())
		control := &fakeController{
			outcomes: []conn.Outcome{conn.OutcomeNotReached}, during: cancel, err: context.Canceled, journal: undoableJournal(),
		}
		r := invocation{args: command, ctx: ctx}.run(t, control)
		if r.code != 1 || !strings.Contains(r.stdout, "not-reached") || !strings.HasPrefix(r.stderr, "katop: interrupted before it was done: of ") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", command, r.code, r.stdout, r.stderr)
		}
		oneLine(t, r.stderr)
	}
}

// TestFailureBesideResults holds that an error is told, and the results with it.
func TestFailureBesideResults(t *testing.T) {
	t.Parallel()
	r := invocation{args: "undo --yes"}.run(t, &fakeController{journal: undoableJournal(), err: errors.New("the disk is full")})
	if r.code != 1 || !strings.Contains(r.stdout, "done") || r.stderr != "katop: the disk is full\n" {
		t.Errorf("exit code %d, stdout %q, stderr %q", r.code, r.stdout, r.stderr)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	for _, terminal := range []bool{true, false} {
		r := invocation{args: "probe --all", shown: terminal}.run(t, &fakeController{outcomes: []conn.Outcome{conn.OutcomeAlive}})
		want := ""
		if terminal {
			want = "\r\x1b[K1 of 3\r\x1b[K2 of 3\r\x1b[K3 of 3\r\x1b[K"
		}
		if diff := cmp.Diff(want, r.stderr); diff != "" {
			t.Errorf("terminal %t: stderr (-want +got):\n%s", terminal, diff)
		}
	}
}

func TestProbeTimeout(t *testing.T) {
	t.Parallel()
	control := &fakeController{outcomes: []conn.Outcome{conn.OutcomeAlive}}
	invocation{args: "probe proc:java"}.run(t, control)
	invocation{args: "probe proc:java --timeout 1500ms"}.run(t, control)
	if diff := cmp.Diff([]time.Duration{keepalive.DefaultProbeTimeout, 1500 * time.Millisecond}, control.timeouts); diff != "" {
		t.Errorf("timeouts (-want +got):\n%s", diff)
	}
}
