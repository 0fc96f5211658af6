//go:build linux

package collector

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/katop/katop/keepalive/bpf"
)

// ahead is what was found while the dump was still under way.
type ahead struct {
	swept   []bpf.Socket // by the sweeper, if began is set
	began   time.Time
	renewal time.Duration     // what that took
	looked  map[int32]*looked // by PID
}

// looked is what a look into a process found.
type looked struct {
	pid    int32
	folder uint64 // as process has it
	sight  sight
	err    error
}

// lookAhead begins to look for owners beside a dump of about so many sockets,
// where all of them have to be looked for in any case: both are work for the
// kernel, of one processor each. Until the returned function has been called, the
// owners are not to be touched. What comes into being meanwhile, fill still finds.
func (o *owners) lookAhead(ctx context.Context, sockets int, all bool, now func() time.Time) (wait func()) {
	o.ahead = ahead{}
	if sockets < o.sweepFrom || !all && !o.renewed.IsZero() {
		return func() {}
	}
	var looking sync.WaitGroup
	looking.Go(func() {
		if o.loadSweeper(); o.sweeper != nil {
			o.sweepAhead(ctx, sockets, now)
		} else {
			o.walkAhead()
		}
	})
	return looking.Wait
}

// sweepAhead keeps what a sweep tells. Where it fails, fill tries again.
func (o *owners) sweepAhead(ctx context.Context, sockets int, now func() time.Time) {
	began := now()
	found := make([]bpf.Socket, 0, sockets+sockets/8)
	if err := o.sweeper.Sockets(ctx, func(s *bpf.Socket) { found = append(found, *s) }); err == nil {
		o.ahead = ahead{swept: found, began: began, renewal: now().Sub(began)}
	}
}

// walkAhead looks into the processes that are new. It leaves them to be listed.
func (o *owners) walkAhead() {
	if o.open() != nil {
		return // fill tells
	}
	var fresh []looked
	err := o.proc.each(func(pid int32, folder uint64) {
		if p := o.processes[pid]; p == nil || p.folder != folder {
			fresh = append(fresh, looked{pid: pid, folder: folder})
		}
	})
	if err != nil {
		return
	}
	var next atomic.Int64
	var looking sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(fresh)) {
		looking.Go(func() {
			proc := procfs{root: o.proc.root} // with buffers of its own
			for i := next.Add(1) - 1; int(i) < len(fresh); i = next.Add(1) - 1 {
				l := &fresh[i]
				l.sight, l.err = proc.look(l.pid, &process{}, func(uint32) bool { return false })
				l.sight.sockets = slices.Clone(l.sight.sockets)
			}
		})
	}
	looking.Wait()
	o.ahead.looked = make(map[int32]*looked, len(fresh))
	for i := range fresh {
		o.ahead.looked[fresh[i].pid] = &fresh[i]
	}
}
