package lab_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/katop/katop/lab"
)

// roleVariable makes this test binary do one thing that cannot be done in the
// process of the tests: die.
const roleVariable = "KATOP_LAB_TEST_ROLE"

const (
	roleClose     = "close"     // build a lab, close it, and live on
	rolePanic     = "panic"     // build a lab and panic; Close is deferred
	roleLinger    = "linger"    // build a lab and wait to be killed
	roleSupported = "supported" // say what Supported says
	roleForgetful = "forgetful" // start an actor without having called lab.Main
)

func play(role string) {
	if err := perform(role); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func perform(role string) error {
	switch role {
	case roleSupported:
		return lab.Supported()
	case roleForgetful:
		n, err := lab.Solo()
		if err != nil {
			return err
		}
		_, err = n.StartActor(lab.ActorOptions{})
		fmt.Println(err)
		return n.Close()
	}
	lab.Main()
	l, err := lab.New()
	if err != nil {
		return err
	}
	defer l.Close()
	if _, err := l.States(); err != nil {
		return err
	}
	// A process that outlives the one that started it.
	if _, err := l.Near.Start(exec.Command("sh", "-c", "sleep 600 & wait")); err != nil {
		return err
	}
	stopped, err := l.Far().StartActor(lab.ActorOptions{Name: "stopped"})
	if err != nil {
		return err
	}
	if err := syscall.Kill(stopped.PID(), syscall.SIGSTOP); err != nil {
		return err
	}
	for _, n := range []*lab.Namespace{l.Near, l.Router, l.Far()} {
		fmt.Println(n.Inode())
	}
	if role == roleClose {
		if err := l.Close(); err != nil {
			return err
		}
	}
	fmt.Println("ready")
	if role == rolePanic {
		panic("in the middle")
	}
	_, err = io.Copy(io.Discard, os.Stdin) // until the test ends
	return err
}

// child is a process that plays a role.
type child struct {
	*exec.Cmd
	inodes []uint64 // of its namespaces
}

func startChild(t *testing.T, role string) child {
	t.Helper()
	c := child{Cmd: exec.Command("/proc/self/exe")}
	c.Env = append(os.Environ(), roleVariable+"="+role)
	_, err := c.StdinPipe()
	must(t, err)
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	t.Cleanup(func() {
		_ = c.Process.Kill() // it may have ended already
		_ = c.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == "ready" {
			return c
		}
		inode, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			t.Fatalf("child in role %s: %s", role, lines.Text())
		}
		c.inodes = append(c.inodes, inode)
	}
	t.Fatalf("child in role %s ended before it was ready", role)
	return c
}

// traces is what a process's labs have left: names, mounts, and processes in
// one of the namespaces.
func traces(t *testing.T, c child) (names, mounts, processes []string) {
	t.Helper()
	prefix := fmt.Sprintf("katop-lab-%d-", c.Process.Pid)
	names, err := filepath.Glob("/run/netns/" + prefix + "*")
	must(t, err)
	text, err := os.ReadFile("/proc/self/mountinfo")
	must(t, err)
	for line := range bytes.Lines(text) {
		if bytes.Contains(line, []byte(prefix)) {
			mounts = append(mounts, string(line))
		}
	}
	links, err := filepath.Glob("/proc/[0-9]*/ns/net")
	must(t, err)
	for _, link := range links {
		st, err := os.Stat(link)
		if err != nil {
			continue // it has just ended
		}
		for _, inode := range c.inodes {
			if st.Sys().(*syscall.Stat_t).Ino == inode {
				processes = append(processes, link)
			}
		}
	}
	return names, mounts, processes
}

func wantNoTraces(t *testing.T, c child) {
	t.Helper()
	eventually(t, "traces of the lab", func() string {
		names, mounts, processes := traces(t, c)
		return strings.Join(append(append(names, mounts...), processes...), "\n")
	})
}

func TestCloseLeavesNothing(t *testing.T) {
	t.Parallel()
	needLab(t)
	// The child lives on, so nothing goes because it ends.
	c := startChild(t, roleClose)
	wantNoTraces(t, c)
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", c.Process.Pid, c.Process.Pid))
	if len(children) != 0 {
		t.Errorf("child processes %s are left (%v)", children, err)
	}
}

func TestPanicLeavesNothing(t *testing.T) {
	t.Parallel()
	needLab(t)
	c := startChild(t, rolePanic)
	if err := c.Wait(); err == nil {
		t.Error("the child did not panic")
	}
	wantNoTraces(t, c)
}

func TestKilledRunIsCleanedUpByTheNext(t *testing.T) {
	t.Parallel()
	needLab(t)
	c := startChild(t, roleLinger)
	names, mounts, processes := traces(t, c)
	// Three namespaces; two actors of States, one stopped, the child's shell and
	// what that started.
	if len(names) != 3 || len(mounts) != 3 || len(processes) != 5 {
		t.Fatalf("a lab in use has names %q, mounts %q, processes %q", names, mounts, processes)
	}
	must(t, newSolo(t).Close()) // of another process: leaves what is in use
	if again, _, _ := traces(t, c); len(again) != 3 {
		t.Fatalf("a lab in use has lost its names: %q", again)
	}
	must(t, c.Process.Kill())
	_ = c.Wait() // says that it was killed
	must(t, newSolo(t).Close())
	wantNoTraces(t, c)
}

// Whatever a lab makes is made inside its namespaces.
func TestHostHasNoInterface(t *testing.T) {
	t.Parallel()
	newLab(t)
	interfaces, err := net.Interfaces()
	must(t, err)
	for _, i := range interfaces {
		if i.Name == "near" || i.Name == "far" {
			t.Errorf("interface %s is in the host's namespace", i.Name)
		}
	}
}

func TestCloseTwice(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	p, err := l.Near.Start(exec.Command("sleep", "600"))
	must(t, err)
	must(t, l.Close())
	if err := p.Wait(); err == nil {
		t.Error("a process ended well although its lab was closed")
	}
	must(t, l.Close())
	if _, err := l.Near.StartActor(lab.ActorOptions{}); err == nil {
		t.Error("an actor was started in a closed lab")
	}
}

func runRole(t *testing.T, role string, credential *syscall.Credential) string {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	out, _ := cmd.Output() // what it says is what counts
	return strings.TrimSpace(string(out))
}

func TestSupportedWithoutRoot(t *testing.T) {
	t.Parallel()
	var credential *syscall.Credential
	if os.Geteuid() == 0 {
		credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	if got, want := runRole(t, roleSupported, credential), "needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN)"; got != want {
		t.Errorf("Supported says %q, want %q", got, want)
	}
}

func TestMainForgotten(t *testing.T) {
	t.Parallel()
	needLab(t)
	if got, want := runRole(t, roleForgetful, nil), "call lab.Main first thing in main or TestMain"; !strings.Contains(got, want) {
		t.Errorf("StartActor says %q, want %q in it", got, want)
	}
}

// Otherwise the next `ip netns add` would mount over the names of open labs.
func TestMountDirIsShared(t *testing.T) {
	t.Parallel()
	newSolo(t)
	text, err := os.ReadFile("/proc/self/mountinfo")
	must(t, err)
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); f[4] == "/run/netns" && strings.HasPrefix(f[6], "shared:") {
			return
		}
	}
	t.Error("/run/netns is no shared mount point")
}
