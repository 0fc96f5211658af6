//go:build linux

package collector

// SweepAtOnce has the first poll take the fast path, however few sockets there
// are.
func (c *Collector) SweepAtOnce() { c.inspector.owners.sweepFrom = 0 }
