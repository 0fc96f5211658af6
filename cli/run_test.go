package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/export"
	"github.com/katop/katop/ui"
)

// TestUsage holds that a mistake costs one line on stderr and exit code 2, with
// nothing on stdout and the kernel not asked.
func TestUsage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"lits"}, `unknown command "lits", did you mean "list"?`},
		{[]string{"proc:nginx"}, `unknown command "proc:nginx" (commands: advise check events journal keepalive kill list probe summary timewait undo version; a filter goes behind --filter, or as katop list FILTER)`},
		{[]string{"--nonsense"}, "unknown flag: --nonsense; see katop --help"},
		{[]string{"summary", "now"}, `katop summary takes no argument, got "now"`},
		{[]string{"version", "now"}, `katop version takes no argument, got "now"`},
		{[]string{"--interval", "1ms"}, "--interval 1ms: it is 250ms to 1m0s"},
		{[]string{"--max-cpu", "101"}, "--max-cpu 101: it is a percentage of one core, 1 to 100, or 0 for no limit"},
		{[]string{"--max-cpu", "NaN"}, "--max-cpu NaN: it is a percentage of one core, 1 to 100, or 0 for no limit"},
		{[]string{"--interval", "soon"}, `invalid argument "soon" for "-i, --interval" flag: time: invalid duration "soon"; see katop --help`},
		{[]string{"--view", "sideways"}, `invalid argument "sideways" for "--view" flag: it is one of ` + strings.Join(ui.ViewNames(), ", ") + "; see katop --help"},
		{[]string{"list", "-o", "yaml"}, `invalid argument "yaml" for "-o, --output" flag: it is one of table, json, jsonl, csv; see katop list --help`},
		{[]string{"summary", "-o", "csv"}, `invalid argument "csv" for "-o, --output" flag: it is one of table, json; see katop summary --help`},
		{[]string{"list", "--limit", "-1"}, "--limit -1: it is 0 for all, or more"},
		{[]string{"list", "-o", "json", "--columns", "process"}, "--columns goes with table and csv: json always has every field"},
		{[]string{"events", "--for", "-1s"}, "--for -1s: it is 0 for no end, or more"},
		{[]string{"events", "prot:x"}, `filter "prot:x": unknown field "prot" at column 1: did you mean "proc" or "port"?`},
		{[]string{"advise", "now"}, `katop advise takes no argument, got "now"`},
		{[]string{"timewait", "now"}, `katop timewait takes no argument, got "now"`},
		{[]string{"list", "-zstate:listen"}, `unknown shorthand flag: 'z' in -zstate:listen; a filter term that begins with "-" goes behind "--", as in katop list -- -state:listen`},
		{[]string{"list", "state:estab", "prot:x"}, `filter "state:estab prot:x": unknown field "prot" at column 13: did you mean "proc" or "port"?`},
		{[]string{"--filter", "state:\x1b[2J"}, ""},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Parallel()
			r := katop(t, &fakeSource{snapshot: host()}, true, tt.args...)
			if r.code != 2 {
				t.Errorf("exit code %d, want 2", r.code)
			}
			oneLine(t, r.stderr)
			if tt.want != "" {
				if diff := cmp.Diff("katop: "+tt.want+"\n", r.stderr); diff != "" {
					t.Errorf("stderr (-want +got):\n%s", diff)
				}
			}
			if r.stdout != "" || len(r.source.wants) > 0 || len(r.monitor) > 0 {
				t.Errorf("it went on: %d polls, stdout %q", len(r.source.wants), r.stdout)
			}
		})
	}
}

// oneLine holds that s is one line by katop with nothing in it that steers a
// terminal.
func oneLine(t *testing.T, s string) {
	t.Helper()
	line, ended := strings.CutSuffix(s, "\n")
	if !ended || !strings.HasPrefix(line, "katop: ") || conn.Printable(line) != line {
		t.Errorf("stderr is not one harmless line: %q", s)
	}
}

func TestUsageListsWhatIsValid(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args  []string
		valid []string
	}{
		{[]string{"list", "--columns", "process,silnt"}, export.Columns()},
		{[]string{"list", "--sort", "silnt"}, conn.SortKeys()},
		{[]string{"--sort", "-silnt"}, conn.SortKeys()},
	}
	for _, tt := range tests {
		r := katop(t, &fakeSource{snapshot: host()}, false, tt.args...)
		if r.code != 2 {
			t.Errorf("%q: exit code %d, want 2", tt.args, r.code)
		}
		oneLine(t, r.stderr)
		for _, word := range append(tt.valid, `did you mean "silent"?`) {
			if !strings.Contains(r.stderr, word) {
				t.Errorf("%q: %q is not in %q", tt.args, word, r.stderr)
			}
		}
	}
}

func TestFailure(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"list"}, {"summary"}, {"advise"}, {"timewait"}, {"events", "-o", "jsonl"}} {
		r := katop(t, &fakeSource{err: errors.New("no \x1b[2Jsock_diag")}, false, args...)
		if r.code != 1 || r.stdout != "" {
			t.Errorf("%q: exit code %d, stdout %q; want 1 and nothing", args, r.code, r.stdout)
		}
		oneLine(t, r.stderr)
		if want := `katop: reading the connections: no \x1b[2Jsock_diag` + "\n"; r.stderr != want {
			t.Errorf("%q: stderr %q, want %q", args, r.stderr, want)
		}
	}
}

func TestOpenFailure(t *testing.T) {
	t.Parallel()
	for _, terminal := range []bool{true, false} {
		var stdout, stderr bytes.Buffer
		code := Run(t.Context(), nil, strings.NewReader(""), &stdout, &stderr, Deps{
			Open:     func(HostFlags) (Source, error) { return nil, errors.New("katop needs Linux") },
			Terminal: func(io.Writer) bool { return terminal },
		})
		if code != 1 || stderr.String() != "katop: katop needs Linux\n" {
			t.Errorf("exit code %d, stderr %q", code, stderr.String())
		}
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	source := &fakeSource{snapshot: host()}
	var stdout, stderr bytes.Buffer
	code := Run(ctx, []string{"list"}, strings.NewReader(""), &stdout, &stderr, Deps{
		Open: func(HostFlags) (Source, error) { return source, nil },
	})
	if code != 1 || stdout.Len() > 0 || stderr.String() != "katop: interrupted before it was done\n" || source.closed != 1 {
		t.Errorf("exit code %d, stdout %q, stderr %q, closed %d times", code, stdout.String(), stderr.String(), source.closed)
	}
}

// TestReaderGone holds that `katop list | head -1` ends quietly: the pipe is a
// real one whose reader has gone.
func TestReaderGone(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"list"}, {"list", "-o", "json"}, {"list", "-o", "jsonl"}, {"list", "-o", "csv"}, {"summary"}, {"summary", "-o", "json"},
		{"advise"}, {"advise", "-o", "json"}, {"timewait"}, {"timewait", "-o", "json"}, {"events"}, {"version"}, {"--help"},
	} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		source := &fakeSource{snapshot: host()}
		code := Run(t.Context(), args, strings.NewReader(""), writer, &stderr, Deps{
			Open:     func(HostFlags) (Source, error) { return source, nil },
			Terminal: func(io.Writer) bool { return false },
		})
		if code != 0 || stderr.Len() > 0 {
			t.Errorf("%q: exit code %d, stderr %q; want 0 and nothing", args, code, stderr.String())
		}
		if err := writer.Close(); err != nil {
			t.Error(err)
		}
	}
}

// fullDisk fails as a write to a full disk does.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestWriteFailureIsNoSuccess(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"list"}, {"list", "-o", "json"}, {"list", "-o", "jsonl"}, {"list", "-o", "csv"}, {"summary"}, {"advise"}, {"timewait"}, {"events"}, {"version"}} {
		var stderr bytes.Buffer
		source := &fakeSource{snapshot: host()}
		code := Run(t.Context(), args, strings.NewReader(""), fullDisk{}, &stderr, Deps{
			Open: func(HostFlags) (Source, error) { return source, nil },
		})
		if code != 1 || !strings.HasSuffix(stderr.String(), "no space left on device\n") {
			t.Errorf("%q: exit code %d, stderr %q", args, code, stderr.String())
		}
	}
}
