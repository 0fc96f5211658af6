package keepalive_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// While a check runs, its values are not taken for those of the program, by
// whatever journal, and afterwards the change works.
func TestApplyDuringCheck(t *testing.T) {
	l, pairs := scene(t, lab.Options{})
	sleepPast()
	if err := l.Lose(lab.Both); err != nil {
		t.Fatal(err)
	}
	before := described(t, pairs[0].near)
	given := []conn.Connection{connection(pairs[0].near)}
	c := controllerAt(filepath.Join(t.TempDir(), "journal.jsonl"))
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error)
	go func() {
		_, err := c.Probe(ctx, given, time.Minute, nil)
		over <- err
	}()
	for !described(t, pairs[0].near).On {
		time.Sleep(10 * time.Millisecond)
	}
	mobile := conn.Profiles()[1].Setting()
	results, err := c.Apply(t.Context(), given, mobile, nil)
	want := fmt.Sprintf("being checked by PID %d: try again in 4 s", os.Getpid())
	if err != nil || results[0].Outcome != conn.OutcomeRefused || !strings.Contains(results[0].Reason, want) {
		t.Errorf("%v, %v; want refused: %s", results, err, want)
	}
	results, err = controller(t).Apply(t.Context(), given, mobile, nil)
	if err != nil || results[0].Outcome != conn.OutcomeRefused || !strings.Contains(results[0].Reason, "values of a liveness check") {
		t.Errorf("%v, %v; want refused for the values", results, err)
	}
	cancel()
	if err := <-over; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if diff := cmp.Diff(before, described(t, pairs[0].near)); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
	results, err = c.Apply(t.Context(), given, mobile, nil)
	if err != nil || results[0].Outcome != conn.OutcomeDone {
		t.Errorf("%v, %v after the check; want done", results, err)
	}
}

// Nobody can give a connection the values that tell a check.
func TestApplyRefusesTheValuesOfAChecks(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	s := conn.Setting{State: conn.KeepaliveOn, Params: conn.Params{Idle: time.Second, Interval: 32767 * time.Second, Count: 127}}
	results, err := controller(t).Apply(t.Context(), []conn.Connection{ofSelf(t, dialed[0])}, s, nil)
	if err != nil || results[0].Outcome != conn.OutcomeRefused || settingsOf(t, dialed[0]).On {
		t.Errorf("%v, %v; want refused", results, err)
	}
}

// A socket that has the values of a check, with keepalive off, is not checked.
func TestProbeRefusesItsOwnValues(t *testing.T) {
	t.Parallel()
	dialed, _ := loopback(t, 1)
	set(t, dialed[0], unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 32767)
	set(t, dialed[0], unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 127)
	results, err := controller(t).Probe(t.Context(), []conn.Connection{ofSelf(t, dialed[0])}, 0, nil)
	if err != nil || results[0].Outcome != conn.OutcomeNotChecked || !strings.Contains(results[0].Reason, "told apart") {
		t.Errorf("%v, %v; want not-checked", results, err)
	}
}
