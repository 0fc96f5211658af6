package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/ui"
)

// happened is host with an event of the connection in each of these rows.
func happened(rows ...int) *conn.Snapshot {
	s := host()
	for _, row := range rows {
		s.Events = append(s.Events, conn.Event{
			At: s.At, Kind: conn.EventDied, Connection: s.Connections[row],
			Ending: conn.Ending{Cause: conn.CauseReset, Source: conn.SourceInferred, Evidence: "a probe was answered with a RST"},
		})
	}
	return s
}

// processes are those in the lines of a table, with its heading.
func processes(table string) []string {
	var names []string
	for line := range strings.Lines(table) {
		names = append(names, strings.Fields(line)[3])
	}
	return names
}

// TestEventsFollow holds that every poll's events are told once, and that the
// time over ends it with a last look.
func TestEventsFollow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args  []string
		want  []string
		polls int
	}{
		{[]string{"--for", "2500ms"}, []string{"PROCESS", "nginx/11", "java/12", `\x1b[2Jevil/13`}, 4},
		{[]string{"--for", "500ms"}, []string{"PROCESS", "nginx/11"}, 2},
		{[]string{"proc:java", "--for", "2500ms"}, []string{"PROCESS", "java/12"}, 4},
		{[]string{"cause:reset", ":443", "--for", "2500ms"}, []string{"PROCESS", "nginx/11"}, 4},
		{[]string{"event:opened|closed", "--for", "2500ms"}, []string{"PROCESS"}, 4},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			source := &fakeSource{first: []fakePoll{{snapshot: happened()}, {snapshot: happened(0)}, {snapshot: happened(1, 2)}}, snapshot: happened()}
			r := katop(t, source, true, append([]string{"events"}, tt.args...)...)
			if r.code != 0 || r.stderr != "" {
				t.Errorf("%q: exit code %d, stderr %q", tt.args, r.code, r.stderr)
			}
			if diff := cmp.Diff(tt.want, processes(r.stdout)); diff != "" {
				t.Errorf("%q: processes (-want +got):\n%s", tt.args, diff)
			}
			if len(source.wants) != tt.polls {
				t.Errorf("%q: %d polls, want %d", tt.args, len(source.wants), tt.polls)
			}
			for i, want := range source.wants {
				if final := i == tt.polls-1; want.Filter != nil || want.Final != final {
					t.Errorf("%q: poll %d: %+v, want no filter, and the last final", tt.args, i, want)
				}
			}
		})
	}
}

// TestEventsEndWithASignal holds that being interrupted is how it ends, and that
// what is still to be told is told then.
func TestEventsEndWithASignal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		source := &fakeSource{snapshot: host()}
		var stdout, stderr bytes.Buffer
		code := Run(ctx, []string{"events", "-o", "jsonl"}, nil, &stdout, &stderr, Deps{Open: func(HostFlags) (Source, error) { return source, nil }})
		if code != 0 || stdout.Len()+stderr.Len() > 0 || source.closed != 1 {
			t.Errorf("exit code %d, stdout %q, stderr %q, closed %d times", code, &stdout, &stderr, source.closed)
		}
		if n := len(source.wants); n != 91 && n != 92 {
			t.Errorf("%d polls in 90 s, want one each second and a last one", n)
		}
		for i, want := range source.wants {
			if final := i == len(source.wants)-1; want.Final != final {
				t.Errorf("poll %d of %d: final %v", i, len(source.wants), want.Final)
			}
		}
	})
}

// interruptedSource is one whose first look is done when it is interrupted.
type interruptedSource struct {
	*fakeSource
	interrupt context.CancelFunc
}

func (i *interruptedSource) Poll(ctx context.Context, want conn.Want) (*conn.Snapshot, error) {
	s, err := i.fakeSource.Poll(ctx, want)
	i.interrupt()
	return s, err
}

// TestEventsOfAnInterruptedLook holds that what a look has brought is told,
// although somebody has had enough meanwhile.
func TestEventsOfAnInterruptedLook(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	source := &interruptedSource{&fakeSource{first: []fakePoll{{snapshot: happened(0)}}, snapshot: happened(1)}, cancel}
	var stdout, stderr bytes.Buffer
	code := Run(ctx, []string{"events", "--log", path}, nil, &stdout, &stderr, Deps{Open: func(HostFlags) (Source, error) { return source, nil }})
	if code != 0 || stderr.Len() > 0 {
		t.Errorf("exit code %d, stderr %q", code, &stderr)
	}
	if diff := cmp.Diff([]string{"PROCESS", "nginx/11", "java/12"}, processes(stdout.String())); diff != "" {
		t.Errorf("processes (-want +got):\n%s", diff)
	}
	logged, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(logged), "\n"); n != 2 {
		t.Errorf("%d lines logged, want 2: %s", n, logged)
	}
}

// TestEventsWarn holds that what is missing is said: losses each time, what stays
// the same once, and a failure after the first poll does not end it.
func TestEventsWarn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lossy := happened(0)
		lossy.EventsDropped = 1204
		lossy.Hidden = []conn.Hidden{{What: "causes of ended connections", Why: "not permitted", Need: "run as root"}}
		source := &fakeSource{first: []fakePoll{{snapshot: lossy}, {err: errors.New("no buffer space")}, {snapshot: lossy}}, snapshot: host()}
		r := katop(t, source, false, "events", "--for", "5s", "-o", "jsonl")
		const want = "katop: causes of ended connections hidden: not permitted; run as root\n" +
			"katop: 1 204 reports of ended connections lost: more came than could be read\n" +
			"katop: reading the connections: no buffer space; trying again\n" +
			"katop: 1 204 reports of ended connections lost: more came than could be read\n"
		if diff := cmp.Diff(want, r.stderr); diff != "" {
			t.Errorf("stderr (-want +got):\n%s", diff)
		}
		if r.code != 0 || strings.Count(r.stdout, `"event":"died"`) != 2 || strings.Count(r.stdout, `"event":"dropped","count":1204}`) != 2 {
			t.Errorf("exit code %d, stdout %s", r.code, r.stdout)
		}
	})
}

// TestEventsLog holds that the log is appended to, is for its user alone and has
// what was printed.
func TestEventsLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	var printed string
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			source := &fakeSource{first: []fakePoll{{snapshot: happened(0, 1)}}, snapshot: host()}
			r := katop(t, source, false, "events", "proc:java", "--for", "1s", "-o", "jsonl", "--log", path)
			if r.code != 0 || r.stderr != "" {
				t.Errorf("exit code %d, stderr %q", r.code, r.stderr)
			}
			printed += r.stdout
		})
	}
	logged, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(printed, string(logged)); diff != "" || strings.Count(printed, "\n") != 2 {
		t.Errorf("log (-printed +logged):\n%s", diff)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("mode %v, want 0600", mode)
	}
}

func TestLogCannotBeOpened(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "missing", "events.jsonl")
	for _, args := range [][]string{{"events", "--log", path}, {"--log", path}} {
		r := katop(t, &fakeSource{snapshot: host()}, true, args...)
		if r.code != 1 || r.stdout != "" || len(r.source.wants) > 0 || r.stderr != "katop: --log: open "+path+": no such file or directory\n" {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q", args, r.code, r.stdout, r.stderr)
		}
	}
}

// TestMonitorLogs holds that the monitor logs what its source tells, whatever it
// shows, and shows that it could not.
func TestMonitorLogs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	source := &fakeSource{first: []fakePoll{{snapshot: happened(0)}, {err: errors.New("no buffer space")}}, snapshot: happened(1)}
	var stdout, stderr bytes.Buffer
	told := source.snapshot
	code := Run(t.Context(), []string{"--log", path, "--filter", "proc:nobody", "--read-only"}, nil, &stdout, &stderr, Deps{
		Open:     func(HostFlags) (Source, error) { return source, nil },
		Terminal: func(io.Writer) bool { return true },
		Monitor: func(ctx context.Context, o ui.Options) error {
			for range 3 {
				_, _ = o.Source.Poll(ctx, conn.Want{})
			}
			if err := o.Source.(*loggedSource).log.close(); err != nil {
				return err
			}
			s, err := o.Source.Poll(ctx, conn.Want{})
			if err != nil || len(s.Hidden) != 1 || !strings.Contains(s.Hidden[0].String(), "1 event from the log hidden: --log: ") {
				t.Errorf("the log is closed: %v, hidden %v", err, s.Hidden)
			}
			return nil
		},
	})
	if len(told.Hidden) > 0 {
		t.Error("the snapshot of the source was changed")
	}
	logged, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(logged), "\n"); n != 2 {
		t.Errorf("%d lines logged, want 2: %s", n, logged)
	}
	// The log was closed under its feet, and that is told.
	if code != 1 || !strings.Contains(stderr.String(), "file already closed") {
		t.Errorf("exit code %d, stderr %q", code, &stderr)
	}
}

func TestMonitorLogNeedsATerminal(t *testing.T) {
	t.Parallel()
	r := katop(t, &fakeSource{snapshot: host()}, false, "--log", "/nowhere")
	if r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, "katop events --log /nowhere") {
		t.Errorf("exit code %d, stdout %q, stderr %q", r.code, r.stdout, r.stderr)
	}
}
