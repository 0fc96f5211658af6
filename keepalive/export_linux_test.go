package keepalive

import (
	"testing"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive/bpf"
)

// InBulk has the Controller change one connection as it changes thousands.
func InBulk(c *Controller) *Controller {
	c.bulkFrom = 1
	return c
}

// Met is how many of the connections the eBPF program meets.
func Met(t *testing.T, targets []conn.Connection) (met int) {
	t.Helper()
	setter, err := bpf.LoadSetter(len(targets))
	if err != nil {
		t.Skip("needs root and a kernel with BTF:", err)
	}
	defer func() { _ = setter.Close() }()
	changes := make([]*change, len(targets))
	for i := range targets {
		changes[i] = &change{
			target: &targets[i], result: &conn.Result{},
			want: func(now conn.Keepalive) (conn.Keepalive, error) { return now, nil },
		}
	}
	bulk{setter}.look(t.Context(), changes)
	for _, ch := range changes {
		if ch.seen != nil {
			met++
		}
	}
	return met
}

// Holders is the walk of /proc/PID/fd.
func Holders(inodes map[uint32]bool) map[uint32][]conn.Owner { return holders(inodes) }
