//go:build linux

package collector_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
)

// starvedVariable makes the test binary poll with so many descriptors to spare,
// and again with enough of them, and print both snapshots.
const starvedVariable = "KATOP_TEST_STARVED"

func pollStarved(free string) int {
	snapshots, err := starve(free)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(snapshots)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func starve(free string) (snapshots [2]*conn.Snapshot, err error) {
	spare, err := strconv.Atoi(free)
	if err != nil {
		return snapshots, err
	}
	own, err := listen()
	if err != nil {
		return snapshots, err
	}
	defer func() { _ = own.Close() }()
	clock := time.Now()
	c, err := collector.New(collector.Options{Now: func() time.Time { return clock }})
	if err != nil {
		return snapshots, err
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 64, Max: 64}); err != nil {
		return snapshots, err
	}
	var taken []int
	for {
		fd, err := unix.Dup(0)
		if err == unix.EMFILE {
			break
		}
		if err != nil {
			return snapshots, err
		}
		taken = append(taken, fd)
	}
	for i := range snapshots {
		for ; spare > 0; spare-- {
			_ = unix.Close(taken[0])
			taken = taken[1:]
		}
		if snapshots[i], err = c.Poll(context.Background(), conn.Want{}); err != nil {
			return snapshots, err
		}
		clock = clock.Add(time.Minute)
		spare = len(taken)
	}
	return snapshots, nil
}

// Where descriptors run out, that is what hides the owners, whatever failed for
// it; and they are there once there are enough.
func TestHiddenByUlimit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		free int
		why  string
	}{
		{0, "open /proc: too many open files"},
		{1, "too many open files"}, // open /proc/PID, of any
		{2, "too many open files"}, // open /proc/PID/fd
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.free), func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("/proc/self/exe")
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", starvedVariable, tt.free))
			text, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			var got [2]conn.Snapshot
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			if len(got[0].Hidden) == 0 || !strings.HasSuffix(got[0].Hidden[0].Why, tt.why) || got[0].Hidden[0].Need != "raise ulimit -n" {
				t.Errorf("starved: hidden %v, want %q and to raise ulimit -n", got[0].Hidden, tt.why)
			}
			if n := owned(&got[0], cmd.Process.Pid); n != 0 {
				t.Errorf("starved: %d sockets with an owner", n)
			}
			if n := owned(&got[1], cmd.Process.Pid); n != 1 {
				t.Errorf("with descriptors again: %d own sockets, want 1", n)
			}
		})
	}
}

// owned counts the sockets that the process is known to hold.
func owned(s *conn.Snapshot, pid int) (n int) {
	for _, c := range s.Connections {
		for _, o := range c.Owners {
			if o.PID == int32(pid) {
				n++
			}
		}
	}
	return n
}
