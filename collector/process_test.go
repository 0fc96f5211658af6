//go:build linux

package collector_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/katop/katop/collector"
)

func TestProcess(t *testing.T) {
	t.Parallel()
	c, err := collector.New(collector.Options{})
	if err != nil {
		t.Skip("needs sock_diag: ", err)
	}
	closing(t, c)
	p, err := c.Process(t.Context(), int32(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	comm, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	if p.PID != int32(os.Getpid()) || p.Name+"\n" != string(comm) || p.CommandLine != strings.Join(os.Args, " ") {
		t.Errorf("process %+v, want PID %d, name %q, command line %q", p, os.Getpid(), comm, os.Args)
	}
	if p.OpenFDs <= 0 || p.MaxFDs == 0 || p.MemoryBytes == 0 || p.Threads <= 0 || p.CPUPercent < 0 {
		t.Errorf("process %+v, want all of its own numbers", p)
	}
	if since := time.Since(p.Started); since < 0 || since > time.Hour {
		t.Errorf("started %v, want a moment ago", p.Started)
	}
	if _, err := c.Process(t.Context(), 1<<30); err == nil {
		t.Error("no error for a process that does not exist")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Process(ctx, int32(os.Getpid())); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}
