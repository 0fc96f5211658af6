package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/ui"
)

func TestListChoosesSortsAndLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args []string
		want []string // processes, in order
	}{
		{[]string{"--sort", "silent"}, []string{"nginx/11", `\x1b[2Jevil/13`, "java/12"}},
		{[]string{"--sort", "-silent"}, []string{"java/12", `\x1b[2Jevil/13`, "nginx/11"}},
		{[]string{"--sort=-silent", "--limit", "2"}, []string{"java/12", `\x1b[2Jevil/13`}},
		{[]string{"-s", "silent", "-n", "99"}, []string{"nginx/11", `\x1b[2Jevil/13`, "java/12"}},
		{[]string{"proc:java"}, []string{"java/12"}},
		{[]string{"silent>1m", "rport:9092"}, []string{"java/12"}},
		{[]string{"--", "-proc:java", "silent>1m"}, []string{`\x1b[2Jevil/13`}},
		{[]string{"proc:nobody"}, nil},
		{nil, []string{"java/12", "nginx/11", `\x1b[2Jevil/13`}}, // the warning first
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Parallel()
			r := katop(t, &fakeSource{snapshot: host()}, false, append([]string{"list", "-c", "process"}, tt.args...)...)
			if r.code != 0 || r.stderr != "" {
				t.Fatalf("exit code %d, stderr %q", r.code, r.stderr)
			}
			lines := strings.Split(strings.TrimSuffix(r.stdout, "\n"), "\n")
			if diff := cmp.Diff(append([]string{"PROCESS"}, tt.want...), lines); diff != "" {
				t.Errorf("processes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestListAsks holds that the filter goes down to the source, which may leave
// out what it rules out, and that every connection's options are asked for.
func TestListAsks(t *testing.T) {
	t.Parallel()
	r := katop(t, &fakeSource{snapshot: host()}, true, "list", "proc:java", "rport:9092")
	if len(r.source.wants) != 1 {
		t.Fatalf("%d polls, want 1", len(r.source.wants))
	}
	want := r.source.wants[0]
	if got := want.Filter.String(); got != "proc:java rport:9092" || !want.AllOptions {
		t.Errorf("it asked for filter %q, all options %t", got, want.AllOptions)
	}
}

func TestListFormats(t *testing.T) {
	t.Parallel()
	tests := []struct{ format, begins string }{
		{"table", "PROCESS "},
		{"json", `{"schema":1,`},
		{"jsonl", `{"netns":`},
		{"csv", "process,pid,"},
	}
	for _, tt := range tests {
		r := katop(t, &fakeSource{snapshot: host()}, true, "list", "-o", tt.format)
		if r.code != 0 || !strings.HasPrefix(r.stdout, tt.begins) {
			t.Errorf("%s: exit code %d, stdout %q", tt.format, r.code, r.stdout)
		}
	}
}

// TestHiddenGoesToStderr holds that stdout stays what a program can read.
func TestHiddenGoesToStderr(t *testing.T) {
	t.Parallel()
	s := host()
	s.Hidden = []conn.Hidden{
		{What: "owners of 2 connections", Why: "not permitted", Need: "run as root"},
		{What: "units", Why: "no cgroup\nv2", Need: "mount it"},
	}
	s.Interrupted = true
	want := "katop: owners of 2 connections hidden: not permitted; run as root\n" +
		`katop: units hidden: no cgroup\x0av2; mount it` + "\n" +
		"katop: connections came and went during the dump: one may be missing or stand there twice; run it again\n"
	for _, args := range [][]string{{"list", "-o", "json"}, {"summary", "-o", "json"}} {
		r := katop(t, &fakeSource{snapshot: s}, false, args...)
		if r.code != 0 || !json.Valid([]byte(r.stdout)) {
			t.Errorf("%q: exit code %d, stdout %q", args, r.code, r.stdout)
		}
		if diff := cmp.Diff(want, r.stderr); diff != "" {
			t.Errorf("%q: stderr (-want +got):\n%s", args, diff)
		}
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	r := katop(t, &fakeSource{snapshot: host()}, true, "summary")
	if r.code != 0 || !strings.Contains(r.stdout, "\n  ESTABLISHED            3\n") {
		t.Errorf("exit code %d, stdout:\n%s", r.code, r.stdout)
	}
	if len(r.source.wants) != 1 || !r.source.wants[0].AllOptions {
		t.Errorf("it asked for %+v", r.source.wants)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	r := katop(t, &fakeSource{}, true, "version")
	if r.code != 0 || !strings.HasPrefix(r.stdout, "katop ") || !strings.Contains(r.stdout, "\ngo1.") {
		t.Errorf("exit code %d, stdout %q", r.code, r.stdout)
	}
	if len(r.source.wants) > 0 {
		t.Error("it asked the kernel")
	}
}

func TestMonitorWithoutTerminalPrintsATable(t *testing.T) {
	t.Parallel()
	bare := katop(t, &fakeSource{snapshot: host()}, false, "--filter", "silent>1m", "--sort", "-silent")
	list := katop(t, &fakeSource{snapshot: host()}, false, "list", "silent>1m", "--sort", "-silent")
	if bare.code != 0 || len(bare.monitor) > 0 || strings.Count(bare.stdout, "\n") != 3 {
		t.Errorf("exit code %d, stdout %q", bare.code, bare.stdout)
	}
	if diff := cmp.Diff(list.stdout, bare.stdout); diff != "" {
		t.Errorf("it differs from list (-list +katop):\n%s", diff)
	}
}

func TestMonitor(t *testing.T) {
	t.Parallel()
	r := katop(t, &fakeSource{}, true, "--interval", "5s", "--filter", "proc:java", "--sort", "-silent", "--view", "processes", "--max-cpu", "5")
	if r.code != 0 || r.stdout != "" || len(r.monitor) != 1 {
		t.Fatalf("exit code %d, stdout %q, %d monitors", r.code, r.stdout, len(r.monitor))
	}
	o := r.monitor[0]
	if o.Source != r.source || o.Interval != 5*time.Second || o.Filter.String() != "proc:java" ||
		o.Sort != conn.SortSilent || !o.Descending || o.View != ui.ViewProcesses || o.MaxCPU != 0.05 {
		t.Errorf("the monitor was started with %+v", o)
	}
	if r.source.closed != 1 {
		t.Errorf("the source was closed %d times, want once", r.source.closed)
	}
}

// TestListLooksAgain holds that an other end that is gone is found by every
// listing: a second look at everything makes it certain, where the first shows
// that there may be one; after a narrowed look it takes two.
func TestListLooksAgain(t *testing.T) {
	t.Parallel()
	gone := host()
	gone.Connections[0].MirrorGone = true
	lacking := func() fakePoll {
		s := host()
		s.MirrorsPending = 1
		return fakePoll{snapshot: s}
	}
	for _, tt := range []struct {
		args  []string
		first []fakePoll
		polls int
		says  bool // that one is half-open
	}{
		{[]string{"list"}, nil, 1, true},
		{[]string{"list"}, []fakePoll{lacking()}, 2, true},
		{[]string{"list", "lport:443"}, []fakePoll{lacking(), lacking()}, 3, true},
		{[]string{"list", "lport:443"}, []fakePoll{lacking(), lacking(), lacking()}, 3, false}, // connections come and go
		{[]string{"summary"}, []fakePoll{lacking()}, 2, true},
	} {
		source := &fakeSource{snapshot: gone, first: tt.first}
		r := katop(t, source, false, tt.args...)
		if r.code != 0 || len(source.wants) != tt.polls {
			t.Errorf("%v: exit code %d after %d polls, want %d; stderr %s", tt.args, r.code, len(source.wants), tt.polls, r.stderr)
		}
		for i, want := range source.wants {
			if !want.AllOptions || i > 0 && want.Filter != nil {
				t.Errorf("%v: poll %d asks for %+v", tt.args, i, want)
			}
		}
		if said := strings.Contains(r.stdout, "half-open"); said != tt.says {
			t.Errorf("%v: half-open in the output: %v\n%s", tt.args, said, r.stdout)
		}
	}
}
