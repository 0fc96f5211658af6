package keepalive_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/lab"
)

// Two commands are taken back in the order from the last to the first, and then
// there is nothing left.
func TestUndo(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 2)
	before := []lab.Keepalive{settingsOf(t, dialed[0]), settingsOf(t, dialed[1])}
	targets := []conn.Connection{ofSelf(t, dialed[0]), ofSelf(t, dialed[1])}
	c := controller(t)
	apply := func(targets []conn.Connection, s conn.Setting) {
		t.Helper()
		if _, err := c.Apply(t.Context(), targets, s, nil); err != nil {
			t.Fatal(err)
		}
	}
	apply(targets, general)
	between := settingsOf(t, dialed[0])
	apply(targets[:1], conn.Setting{State: conn.KeepaliveOff, SetUserTimeout: true, UserTimeout: time.Minute})

	undo := func(want ...string) {
		t.Helper()
		results, err := c.Undo(t.Context(), "", nil)
		if diff := cmp.Diff(want, outcomes(results)); err != nil || diff != "" {
			t.Fatalf("undo: %v (-want +got)\n%s", err, diff)
		}
	}
	undo("done")
	if diff := cmp.Diff(between, settingsOf(t, dialed[0])); diff != "" {
		t.Errorf("after the first undo (-want +got)\n%s", diff)
	}
	undo("done", "done")
	for i, fd := range dialed {
		if diff := cmp.Diff(before[i], settingsOf(t, fd)); diff != "" {
			t.Errorf("after the second undo (-want +got)\n%s", diff)
		}
	}
	if _, err := c.Undo(t.Context(), "", nil); !errors.Is(err, keepalive.ErrNothingToUndo) {
		t.Errorf("a third undo: %v, want ErrNothingToUndo", err)
	}
	journalSays(t, c, "keepalive undone 2, keepalive undone 1, undo 1, undo 2")
}

// journalSays compares the journal with its commands: kind, whether undone, and
// how many connections.
func journalSays(t *testing.T, c *keepalive.Controller, want string) {
	t.Helper()
	actions, err := c.Journal()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i, a := range actions {
		line := a.Kind.String()
		if a.Undone {
			line += " undone"
		}
		lines = append(lines, line+" "+conn.Whole(len(a.Results)))
		if i > 0 && a.ID <= actions[i-1].ID {
			t.Errorf("command %s comes after %s", a.ID, actions[i-1].ID)
		}
		if a.By.PID == 0 || a.By.User == "" || a.At.IsZero() {
			t.Errorf("command %s does not say who gave it and when: %+v", a.ID, a)
		}
	}
	if got := strings.Join(lines, ", "); got != want {
		t.Errorf("the journal says %q, want %q", got, want)
	}
}

// Undo leaves what it does not know: a connection that was set since, one that
// is gone, one that it never changed.
func TestUndoRefuses(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 4)
	targets := make([]conn.Connection, len(dialed))
	for i, fd := range dialed {
		targets[i] = ofSelf(t, fd)
	}
	set(t, dialed[3], unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	set(t, dialed[3], unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 300)
	set(t, dialed[3], unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 30)
	set(t, dialed[3], unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3)
	c := controller(t)
	if _, err := c.Apply(t.Context(), targets, general, nil); err != nil {
		t.Fatal(err)
	}
	set(t, dialed[1], unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 301)
	since := settingsOf(t, dialed[1])
	_ = unix.Close(dialed[2])
	reused := tcpSocket(t) // most likely the same number

	results, err := c.Undo(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"done", "refused", "gone"}, outcomes(results)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !strings.Contains(results[1].Reason, "301s:30s:3") || !strings.Contains(results[1].Reason, "5m:30s:3") {
		t.Errorf("the reason %q does not name both settings", results[1].Reason)
	}
	if diff := cmp.Diff(since, settingsOf(t, dialed[1])); diff != "" {
		t.Errorf("set since (-before +after)\n%s", diff)
	}
	if !settingsOf(t, dialed[3]).On {
		t.Error("undo has touched a connection that the command found as it was asked")
	}
	if settingsOf(t, reused).On {
		t.Error("undo has touched another socket")
	}
}

func TestUndoByID(t *testing.T) {
	t.Parallel()
	dialed, accepted := loopback(t, 1)
	before := settingsOf(t, dialed[0])
	c := controller(t)
	for _, fd := range []int{dialed[0], accepted[0]} {
		if _, err := c.Apply(t.Context(), []conn.Connection{ofSelf(t, fd)}, general, nil); err != nil {
			t.Fatal(err)
		}
	}
	actions, err := c.Journal()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Undo(t.Context(), actions[0].ID, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, settingsOf(t, dialed[0])); diff != "" || !settingsOf(t, accepted[0]).On {
		t.Errorf("undo of the first command: the second's connection is on %v, the first's (-want +got)\n%s", settingsOf(t, accepted[0]).On, diff)
	}
	undo, err := c.Journal()
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		"nonsense": "no such command", undo[2].ID: "of kind undo",
	} {
		if _, err := c.Undo(t.Context(), id, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("undo of %s: %v, want an error with %q", id, err, want)
		}
	}
}

// A listener hands its settings to the connections that it accepts.
func TestApplyAndUndoOnListener(t *testing.T) {
	t.Parallel()
	fd := socket(t, unix.AF_INET, unix.SOCK_STREAM)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 1)); err != nil {
		t.Fatal(err)
	}
	before := settingsOf(t, fd)
	c := controller(t)
	results, err := c.Apply(t.Context(), []conn.Connection{ofSelf(t, fd)}, general, nil)
	if err != nil || results[0].Outcome != conn.OutcomeDone || !settingsOf(t, fd).On {
		t.Fatalf("%v, %v; want done", results, err)
	}
	if _, err := c.Undo(t.Context(), "", nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, settingsOf(t, fd)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestUndoAfterBoot(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	journal := filepath.Join(t.TempDir(), "journal.jsonl")
	c := controllerAt(journal)
	if _, err := c.Apply(t.Context(), []conn.Connection{ofSelf(t, dialed[0])}, general, nil); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(journal, []byte(strings.Replace(string(text), `"boot":"`, `"boot":"earlier`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Undo(t.Context(), "", nil); err == nil || !strings.Contains(err.Error(), "booted since") || !settingsOf(t, dialed[0]).On {
		t.Errorf("%v, keepalive on %v; want an error and on", err, settingsOf(t, dialed[0]).On)
	}
}
