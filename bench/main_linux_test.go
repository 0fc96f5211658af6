package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/katop/katop/cli"
	"github.com/katop/katop/lab"
)

// asKatop makes this test's binary the katop that is measured.
const asKatop = "KATOP_BENCH_AS_KATOP"

func TestMain(m *testing.M) {
	lab.Main()
	if os.Getenv(asKatop) != "" {
		os.Exit(cli.Main())
	}
	os.Exit(m.Run())
}

// TestRun measures a little of everything and holds that every figure is there
// and that nothing is left.
func TestRun(t *testing.T) {
	if err := lab.Supported(); err != nil {
		t.Skip(err)
	}
	t.Setenv(asKatop, "1")
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	document := filepath.Join(t.TempDir(), "benchmarks.md")
	if err := os.WriteFile(document, []byte("# before\n"+beginMarker+"old\n"+endMarker+"# after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	journal := filepath.Join(stateFolder, "katop", "journal.jsonl")
	before, _ := os.Stat(journal)
	err := run(t.Context(), []string{"-n", "80", "-rounds", "1", "-watch", "200ms", "-katop", "/proc/self/exe", "-o", document})
	if err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Stat(journal); (after == nil) != (before == nil) || after != nil && (after.Size() != before.Size() || !os.SameFile(after, before)) {
		t.Errorf("%s is not as it was: %v, now %v", journal, before, after)
	}
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# before\n", "# after\n", "| warm refresh against bare dump |", "| monitor, 5 sockets |", "| monitor, 41 sockets |",
		"| key to frame, p99, 81 sockets |", "| first frame, 9 sockets |", "| bulk keepalive, 81 sockets |",
		"| katop list, a socket, 9 to 241 |", "| type into the filter | 3 |",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "old\n") {
		t.Error("the last section is still there")
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestParsePlan(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-n", "39"}, {"-rounds", "0"}, {"-watch", "0s"}, {"more"}, {"-x"}, {"-only", "list"}, {"-only", "keys", "-o", "x.md"}} {
		if _, err := parsePlan(args); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
	p, err := parsePlan(nil)
	if err != nil || p.sockets != 100_000 || p.rounds < 3 || p.output != "" {
		t.Errorf("plan %+v, error %v", p, err)
	}
}
