package cli

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/lab"
)

// The test program is katop itself when this variable says so: its tests run it
// inside namespaces, as its users do.
const (
	runVariable     = "KATOP_TEST_RUN"
	journalVariable = "KATOP_TEST_JOURNAL"
	runAsKatop      = "katop"
	runPanicking    = "panic"
)

func TestMain(m *testing.M) {
	lab.Main()
	switch os.Getenv(runVariable) {
	case runAsKatop:
		os.Exit(mainWith(testSystem()))
	case runPanicking:
		deps := testSystem()
		open := deps.Open
		deps.Open = func(flags HostFlags) (Source, error) {
			source, err := open(flags)
			return &panicking{Source: source}, err
		}
		os.Exit(Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, deps))
	}
	os.Exit(m.Run())
}

// testSystem is this host, with a journal that is not the user's own.
func testSystem() Deps {
	deps := system()
	deps.Control = func(flags HostFlags) (Controller, error) {
		return keepalive.New(keepalive.Options{Journal: os.Getenv(journalVariable), NoBPF: flags.NoBPF}), nil
	}
	return deps
}

// panicking is a source that fails in the worst way at its third poll.
type panicking struct {
	Source
	polls int
}

func (p *panicking) Poll(ctx context.Context, want conn.Want) (*conn.Snapshot, error) {
	if p.polls++; p.polls == 3 {
		panic("a fault of katop")
	}
	return p.Source.Poll(ctx, want)
}

// katopCommand is the command that runs katop as a process of its own. Unless
// the test says what to look at, it sees its own network namespace alone.
func katopCommand(t *testing.T, as string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(args, "--netns") {
		args = append([]string{"--netns", "own"}, args...)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), runVariable+"="+as, journalVariable+"="+filepath.Join(t.TempDir(), "journal.jsonl"), "TERM=xterm-256color", "COLORTERM=truecolor", "LC_ALL=C.UTF-8", "NO_COLOR=")
	return cmd
}

// needsLab skips the test where namespaces cannot be made.
func needsLab(t *testing.T) {
	t.Helper()
	if err := lab.Supported(); err != nil {
		t.Skip(err)
	}
}
