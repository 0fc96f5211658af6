package keepalive_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/lab"
)

// roleVariable makes the test binary do one thing as a process of its own.
const roleVariable = "KATOP_KEEPALIVE_TEST_ROLE"

const (
	roleProbe  = "probe"  // probe what comes on stdin
	roleNobody = "nobody" // apply to, and probe, what comes on stdin and an own connection
	roleAppend = "append" // change an own connection many times
	roleCrowd  = "crowd"  // open as many connections with itself as Pairs says, until the end
)

const nobody = 65534

// task is what a role reads, report what it writes.
type task struct {
	Journal string
	Targets []conn.Connection
	Pairs   int
	At      string // an IPv4 address on loopback
}

type report struct {
	Applied []conn.Result
	Probed  []conn.ProbeResult
	Healed  []conn.Result
}

func TestMain(m *testing.M) {
	lab.Main()
	if role := os.Getenv(roleVariable); role != "" {
		if err := play(role); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// start starts this binary once more. The reader gives what it writes.
func start(t testing.TB, role string, given task, attributes *syscall.SysProcAttr) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.Command(ownBinary(t))
	cmd.Dir, cmd.SysProcAttr, cmd.Stderr = "/", attributes, os.Stderr
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if err := json.NewEncoder(stdin).Encode(given); err != nil {
		t.Fatal(err)
	}
	return cmd, stdout
}

// ownBinary is a copy of the test binary that any user may run.
func ownBinary(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "katop-test") //nolint:usetesting // nobody else may enter a folder of t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	text, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(folder, "keepalive.test")
	if err := os.WriteFile(name, text, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

// controllerAt is a Controller with the journal in a place of the test.
func controllerAt(path string) *keepalive.Controller {
	return keepalive.New(keepalive.Options{Journal: path})
}
