package keepalive

import (
	"slices"
	"testing"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive/bpf"
)

// InBulk has the Controller change one connection as it changes thousands.
func InBulk(c *Controller) *Controller {
	c.bulkFrom = 1
	return c
}

// InBatches has it do so with a few at a time.
func InBatches(c *Controller, size int) *Controller {
	c.bulkFrom, c.bulkBatch = 1, size
	return c
}

// Met is how many of the connections the eBPF program meets, so many at a time.
func Met(t *testing.T, targets []conn.Connection, size int) (met int) {
	t.Helper()
	setter, err := bpf.LoadSetter(size)
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
	way := bulk{setter, size}
	for some := range slices.Chunk(changes, way.batch()) {
		way.look(t.Context(), some)
	}
	for _, ch := range changes {
		if ch.seen != nil {
			met++
		}
	}
	return met
}

// Holders is the walk of /proc/PID/fd.
func Holders(inodes map[uint32]bool) map[uint32][]conn.Owner { return holders(inodes) }

// Within runs do in the network namespace with the inode.
func Within(inode uint64, do func() error) error { return within(inode, nil, do) }
