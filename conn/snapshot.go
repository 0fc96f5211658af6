package conn

import (
	"slices"
	"time"
)

// Snapshot is the host's connections at one moment. It is never changed once
// it is handed out.
type Snapshot struct {
	At          time.Time     // when the dump began
	Took        time.Duration // what the poll cost, from end to end
	Host        string
	Kernel      string       // release, as uname -r prints it
	Connections []Connection // none has the ID of another
	// Number counts the snapshots of one source; 0: they are not counted. Before
	// tells of each connection in which row it stood in the snapshot that Number
	// has one less, -1 where that lacks it; nil: nobody knows.
	Number     uint64
	Before     []int32
	Namespaces []Namespace
	Hidden     []Hidden // what could not be seen, and what would show it
	// OptionsPending counts the connections whose socket options have not been
	// read yet although they could be: it shrinks from poll to poll.
	OptionsPending int
	// Interrupted tells that sockets came and went during the dump and a second
	// try fared no better: a socket may be missing or stand there twice.
	Interrupted bool
	// Narrowed tells that Want.Filter left connections out: what is missing may
	// be there.
	Narrowed bool
	// AllNamespaces tells that Connections holds those of every network
	// namespace of the host, not only of Namespaces.
	AllNamespaces bool
	// MirrorsPending counts the connections whose other end on this host is not in
	// the snapshot, and of which another whole one may show that it is gone for
	// certain.
	MirrorsPending int
	// FastPath tells whether owners and options were found by eBPF, and if not,
	// why not.
	FastPath FastPath
	// Events is what happened since the poll before, by time.
	Events []Event
	// EventsDropped counts the sockets of which the kernel reported the end since
	// the poll before and that were lost because nobody kept up. Those that a
	// snapshot had held are among Events all the same, inferred.
	EventsDropped uint64
}

// FastPath says by which way owners and options are found: what is found is the
// same.
type FastPath struct {
	Used bool   // eBPF; else /proc/PID/fd and pidfd_getfd(2)
	Why  string // it is not used, in words
}

// Whole tells whether a connection that is not in the snapshot was not there,
// in the namespaces that were read.
func (s *Snapshot) Whole() bool { return !s.Narrowed && !s.Interrupted }

// follows tells whether Before speaks of the snapshot of that number.
func (s *Snapshot) follows(number uint64) bool {
	return number != 0 && s.Number == number+1 && len(s.Before) == len(s.Connections)
}

// reads tells whether the sockets of a network namespace are in the snapshot.
func (s *Snapshot) reads(netns uint64) bool {
	return s.AllNamespaces || s.lists(netns)
}

// lists tells whether a network namespace is one of those that were read.
func (s *Snapshot) lists(netns uint64) bool {
	return slices.ContainsFunc(s.Namespaces, func(n Namespace) bool { return n.NetNS.Inode == netns })
}

// Namespace is what the kernel counts per network namespace.
type Namespace struct {
	NetNS    NetNS
	Path     string // of a file that stands for it, as nsenter --net= takes it; "" for katop's own
	Sysctls  Sysctls
	Sockets  SocketStat
	Counters Counters
}

// Sysctls are the settings of net.ipv4 that bear on keepalive and TIME-WAIT.
// They may be used only when Known is set.
type Sysctls struct {
	Keepalive     Params        // tcp_keepalive_time, _intvl, _probes
	Retries2      int           // tcp_retries2
	SynRetries    int           // how often a SYN is sent again: tcp_syn_retries + tcp_syn_linear_timeouts
	FinTimeout    time.Duration // tcp_fin_timeout
	MaxTimeWait   int           // tcp_max_tw_buckets
	PortRange     [2]uint16     // ip_local_port_range
	MaxSynQueue   int           // tcp_max_syn_backlog
	MaxListen     int           // net.core.somaxconn
	TimeWaitReuse int           // tcp_tw_reuse
	Known         bool
}

// SocketStat is the TCP line of /proc/net/sockstat (and the TCP6 line's inuse).
type SocketStat struct {
	InUse, InUse6, Orphan, TimeWait, Alloc int
	MemoryPages                            int
	Known                                  bool
}

// Counters are running totals of /proc/net/netstat and /proc/net/snmp.
type Counters struct {
	KeepaliveProbes   uint64 // TCPKeepAlive
	AbortOnTimeout    uint64 // TCPAbortOnTimeout: retransmission, keepalive or user timeout
	RetransSegs       uint64 // Tcp: RetransSegs
	ListenOverflows   uint64 // ListenOverflows
	ListenDrops       uint64 // ListenDrops
	ActiveOpens       uint64
	PassiveOpens      uint64
	EstabResets       uint64
	TimeWaits         uint64 // TW + TWRecycled + TWKilled: ever created
	TimeWaitOverflows uint64 // TCPTimeWaitOverflow
	Known             bool
}

// Hidden is one thing that katop could not see, in one line each.
type Hidden struct {
	What string // "owners of 312 connections"
	Why  string // "other users' /proc/PID/fd may not be read"
	Need string // "run as root, or give katop CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
}

// String is the whole line.
func (h Hidden) String() string { return h.What + " hidden: " + h.Why + "; " + h.Need }

// Want says what a poll should bring beyond the dump itself.
type Want struct {
	// Options lists connections whose socket options are to be read anew: the
	// rows that are shown.
	Options []ID
	// AllOptions asks for the options of every connection, before Poll returns.
	AllOptions bool
	// Filter narrows the dump in the kernel where that is exact. What comes back
	// may hold more than it matches. Nil brings everything.
	Filter *Filter
	// Final says that no poll follows: Snapshot.Events holds what else would wait
	// for the next one.
	Final bool
}

// Process is one process, for its page.
type Process struct {
	PID         int32
	Name        string
	CommandLine string
	User        string
	Unit        string
	Started     time.Time // zero when not known
	CPUPercent  float64   // of one core, over its life; negative when not known
	MemoryBytes uint64    // resident; 0 when not known
	OpenFDs     int       // negative when it may not be read
	MaxFDs      uint64    // soft RLIMIT_NOFILE; 0 when not known
	Threads     int32
}
