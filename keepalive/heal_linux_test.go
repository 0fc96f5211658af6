package keepalive_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
	"github.com/katop/katop/lab"
)

// A check that is killed leaves a connection that cannot die of it, and the
// next start of katop puts the options back.
func TestHeal(t *testing.T) {
	l, pairs := scene(t, met...)
	sleepPast()
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	before := make([]lab.Keepalive, len(pairs))
	given := task{Journal: filepath.Join(t.TempDir(), "journal.jsonl")}
	for i, p := range pairs {
		before[i] = described(t, p.near)
		given.Targets = append(given.Targets, connection(p.near))
	}
	prober, _ := start(t, roleProbe, given, nil)
	asked := lab.Keepalive{On: true, Idle: time.Second, Interval: 32767 * time.Second, Count: 127}
	for end := time.Now().Add(10 * time.Second); described(t, pairs[1].near) != asked; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the check did not begin: %+v", described(t, pairs[1].near))
		}
	}
	c := controllerAt(given.Journal)
	if healed, err := c.Heal(t.Context()); err != nil || len(healed) != 0 {
		t.Fatalf("%v, %v while the check is running; want nothing", healed, err)
	}
	if err := prober.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = prober.Wait()
	if got := described(t, pairs[1].near); got != asked {
		t.Fatalf("%+v after SIGKILL, want those of the check", got)
	}
	healed, err := c.Heal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"done", "done", "unchanged"}, outcomes(healed)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for i, p := range pairs {
		if diff := cmp.Diff(before[i], described(t, p.near)); diff != "" {
			t.Errorf("options of %d (-before +healed)\n%s", i, diff)
		}
	}
	if again, err := c.Heal(t.Context()); err != nil || len(again) != 0 {
		t.Errorf("%v, %v the second time; want nothing", again, err)
	}
}

// begunCheck writes a journal as a check leaves it that was killed, of a socket
// with the default settings, and gives the socket what a check gives it.
func begunCheck(t *testing.T, fd int) (journal string) {
	t.Helper()
	folder := t.TempDir()
	journal = filepath.Join(folder, "journal.jsonl")
	given := []conn.Connection{ofSelf(t, fd)}
	if _, err := controllerAt(journal).Probe(t.Context(), given, time.Millisecond, nil); err != nil {
		t.Fatal(err)
	}
	begun, _, _ := strings.Cut(journalOf(t, folder), "\n")
	// A process of this number is never of ours.
	begun = strings.Replace(begun, `"started":`, `"started":9`, 1)
	if err := os.WriteFile(journal, []byte(begun+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	set(t, fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	set(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 127)
	set(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 32767)
	set(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 1)
	return journal
}

// What the owner has set since stays, and what the check had set goes.
func TestHealLeavesWhatTheOwnerSet(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	before := settingsOf(t, dialed[0])
	journal := begunCheck(t, dialed[0])
	set(t, dialed[0], unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 77)
	healed, err := controllerAt(journal).Heal(t.Context())
	if err != nil || len(healed) != 1 || healed[0].Outcome != conn.OutcomeDiffers || !strings.Contains(healed[0].Reason, "its owner set") {
		t.Fatalf("%v, %v; want differs", healed, err)
	}
	want := lab.Keepalive{On: true, Idle: 77 * time.Second, Interval: before.Interval, Count: before.Count}
	if diff := cmp.Diff(want, settingsOf(t, dialed[0])); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Killed between two of its steps, a check leaves some options as they were.
func TestHealInTheMiddle(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	before := settingsOf(t, dialed[0])
	journal := begunCheck(t, dialed[0])
	set(t, dialed[0], unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(before.Idle/time.Second))
	healed, err := controllerAt(journal).Heal(t.Context())
	if err != nil || len(healed) != 1 || healed[0].Outcome != conn.OutcomeDone {
		t.Fatalf("%v, %v; want done", healed, err)
	}
	if diff := cmp.Diff(before, settingsOf(t, dialed[0])); diff != "" {
		t.Errorf("(-before +healed)\n%s", diff)
	}
}

func TestHealGone(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	journal := begunCheck(t, dialed[0])
	_ = unix.Close(dialed[0])
	reused := tcpSocket(t)
	healed, err := controllerAt(journal).Heal(t.Context())
	if err != nil || len(healed) != 1 || healed[0].Outcome != conn.OutcomeGone {
		t.Errorf("%v, %v; want gone", healed, err)
	}
	if settingsOf(t, reused).On {
		t.Error("another socket was touched")
	}
	if again, err := controllerAt(journal).Heal(t.Context()); err != nil || len(again) != 0 {
		t.Errorf("%v, %v the second time; want nothing", again, err)
	}
}

// The socket lives on with another descriptor: it is found there.
func TestHealFollowsTheSocket(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	before := settingsOf(t, dialed[0])
	journal := begunCheck(t, dialed[0])
	kept, err := unix.FcntlInt(uintptr(dialed[0]), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, kept)
	_ = unix.Close(dialed[0])
	healed, err := controllerAt(journal).Heal(t.Context())
	if err != nil || len(healed) != 1 || healed[0].Outcome != conn.OutcomeDone {
		t.Fatalf("%v, %v; want done", healed, err)
	}
	if diff := cmp.Diff(before, settingsOf(t, kept)); diff != "" {
		t.Errorf("(-before +healed)\n%s", diff)
	}
}

// After a boot cookies begin anew: what has this one is another connection.
func TestHealAfterBoot(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	journal := begunCheck(t, dialed[0])
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(journal, []byte(strings.Replace(string(text), `"boot":"`, `"boot":"earlier`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	during := settingsOf(t, dialed[0])
	healed, err := controllerAt(journal).Heal(t.Context())
	if err != nil || len(healed) != 1 || healed[0].Outcome != conn.OutcomeGone || !strings.Contains(healed[0].Reason, "booted") {
		t.Fatalf("%v, %v; want gone", healed, err)
	}
	if diff := cmp.Diff(during, settingsOf(t, dialed[0])); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
}

// A start without a journal has nothing to heal and makes no file.
func TestHealWithoutJournal(t *testing.T) {
	t.Parallel()
	journal := filepath.Join(t.TempDir(), "katop", "journal.jsonl")
	if healed, err := controllerAt(journal).Heal(t.Context()); err != nil || healed != nil {
		t.Errorf("%v, %v; want nothing", healed, err)
	}
	if _, err := os.Stat(filepath.Dir(journal)); !os.IsNotExist(err) {
		t.Errorf("a folder was made: %v", err)
	}
}

// A katop that is stopped in the middle of a check leaves a connection that
// nothing can end: the probe that is out stays the only one.
func TestProbeIsStopped(t *testing.T) {
	l, pairs := scene(t, lab.Options{})
	sleepPast()
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	given := task{Journal: filepath.Join(t.TempDir(), "journal.jsonl"), Targets: []conn.Connection{connection(pairs[0].near)}}
	prober, _ := start(t, roleProbe, given, nil)
	for !described(t, pairs[0].near).On {
		time.Sleep(10 * time.Millisecond)
	}
	if err := prober.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2500 * time.Millisecond)
	var probes int
	err := l.Near.Do(func() (err error) {
		probes, err = probesOut(t.Context(), pairs[0].near)
		return err
	})
	if err != nil || probes > 2 {
		t.Errorf("%d probes out, %v; want those that were asked for before", probes, err)
	}
	if now := described(t, pairs[0].near); now.Interval != 32767*time.Second || now.Count != 127 {
		t.Errorf("%+v while the check is stopped; want nothing that could end it", now)
	}
}

// probesOut is the number of unanswered probes, as the kernel's dump has it.
func probesOut(ctx context.Context, s *lab.Socket) (int, error) {
	c, err := inetdiag.Dial(nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }()
	found, err := c.Lookup(ctx, inetdiag.FamilyIPv4, inetdiag.SocketID{Local: s.Local, Remote: s.Remote, Cookie: s.Cookie}, inetdiag.ExtInfo)
	return int(found.Info.Probes), err
}
