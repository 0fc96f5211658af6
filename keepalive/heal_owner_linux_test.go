package keepalive_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// The check had put the options back, but its line after is missing: keepalive
// that the owner has turned on since stays on.
func TestHealLeavesKeepaliveOfTheOwner(t *testing.T) {
	t.Parallel()
	for name, count := range map[string]int{"the old parameters": 0, "a count as a check's": 127} {
		dialed, _ := loopback(t, 1)
		before := settingsOf(t, dialed[0])
		journal := begunCheck(t, dialed[0])
		set(t, dialed[0], unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0)
		if count == 0 {
			count = before.Count
		}
		set(t, dialed[0], unix.IPPROTO_TCP, unix.TCP_KEEPCNT, count)
		set(t, dialed[0], unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(before.Interval/time.Second))
		set(t, dialed[0], unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(before.Idle/time.Second))
		set(t, dialed[0], unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
		owners := settingsOf(t, dialed[0])
		healed, err := controllerAt(journal).Heal(t.Context())
		if err != nil || len(healed) != 1 || healed[0].Outcome != conn.OutcomeDiffers {
			t.Errorf("%s: %v, %v; want differs", name, healed, err)
		}
		if diff := cmp.Diff(owners, settingsOf(t, dialed[0])); diff != "" {
			t.Errorf("%s (-owner's +healed)\n%s", name, diff)
		}
	}
}

// The line after of a connection is written when it is decided, while others of
// the same check are still waited for: after SIGKILL those alone are healed.
func TestHealKnowsTheRestored(t *testing.T) {
	l, pairs := scene(t, lab.Options{})
	alive, _ := loopback(t, 1)
	sleepPast()
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	given := task{
		Journal: filepath.Join(folder, "journal.jsonl"),
		Targets: []conn.Connection{ofSelf(t, alive[0]), connection(pairs[0].near)},
	}
	prober, _ := start(t, roleProbe, given, nil)
	for end := time.Now().Add(10 * time.Second); !described(t, pairs[0].near).On || settingsOf(t, alive[0]).On; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the check did not begin")
		}
	}
	for end := time.Now().Add(10 * time.Second); !strings.Contains(journalOf(t, folder), `"outcome":"alive"`); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no line after while the check runs")
		}
	}
	if err := prober.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = prober.Wait()
	set(t, alive[0], unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	healed, err := controllerAt(given.Journal).Heal(t.Context())
	if err != nil || len(healed) != 1 || healed[0].Outcome != conn.OutcomeDone {
		t.Errorf("%v, %v; want the silent one alone", healed, err)
	}
	if !settingsOf(t, alive[0]).On || described(t, pairs[0].near).On {
		t.Errorf("keepalive on: %v and %v; want on, as its owner set it, and off", settingsOf(t, alive[0]).On, described(t, pairs[0].near).On)
	}
}
