package collector

import "time"

// Options are the settings of a Collector. The zero value is the ordinary one.
type Options struct {
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// NetNS says which network namespaces are read: OwnNetNS (or ""), AllNetNS, the
	// name of one, or the PID of a process in it.
	NetNS string
	// NoBPF has owners and options found without eBPF, at a higher price.
	NoBPF bool
}

// The words of Options.NetNS that are no names.
const (
	OwnNetNS = "own" // the network namespace in which the Collector was made
	AllNetNS = "all" // every network namespace that may be read
)
