//go:build linux

package collector

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	gopsutil "github.com/shirou/gopsutil/v3/process"

	"github.com/katop/katop/conn"
)

// Process describes a process for its page. What may not be read of it stays
// unknown; the error is that there is no such process.
func (c *Collector) Process(ctx context.Context, pid int32) (conn.Process, error) {
	found, err := gopsutil.NewProcessWithContext(ctx, pid)
	if err != nil {
		return conn.Process{}, fmt.Errorf("process %d: %w", pid, err)
	}
	folder := filepath.Join(c.system.proc, strconv.Itoa(int(pid)))
	p := conn.Process{PID: pid, CPUPercent: -1, OpenFDs: -1, Unit: processUnit(folder)}
	p.Name = comm(folder)
	p.CommandLine, _ = found.CmdlineWithContext(ctx)
	if uids, err := found.UidsWithContext(ctx); err == nil && len(uids) > 0 {
		p.User = c.userName(uint32(uids[0]))
	}
	if ms, err := found.CreateTimeWithContext(ctx); err == nil {
		p.Started = time.UnixMilli(ms)
	}
	if percent, err := found.CPUPercentWithContext(ctx); err == nil {
		p.CPUPercent = percent
	}
	if memory, err := found.MemoryInfoWithContext(ctx); err == nil {
		p.MemoryBytes = memory.RSS
	}
	if n, err := found.NumFDsWithContext(ctx); err == nil {
		p.OpenFDs = int(n)
	}
	p.Threads, _ = found.NumThreadsWithContext(ctx)
	if limits, err := found.RlimitWithContext(ctx); err == nil {
		for _, l := range limits {
			if l.Resource == gopsutil.RLIMIT_NOFILE {
				p.MaxFDs = l.Soft
			}
		}
	}
	return p, ctx.Err()
}

// comm is the name that the kernel shows: gopsutil puts the command line's in
// its place where it is longer.
func comm(folder string) string {
	b, err := os.ReadFile(filepath.Join(folder, "comm"))
	if err != nil || len(b) == 0 {
		return ""
	}
	return string(b[:len(b)-1])
}

func processUnit(folder string) string {
	b, err := os.ReadFile(filepath.Join(folder, "cgroup"))
	if err != nil {
		return ""
	}
	return unitOfProcess(string(b))
}

func (c *Collector) userName(uid uint32) string {
	c.userNames.Lock()
	defer c.userNames.Unlock()
	return c.users.name(uid)
}
