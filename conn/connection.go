package conn

import (
	"net/netip"
	"time"
)

// NetNS is a network namespace.
type NetNS struct {
	Inode uint64 // of /proc/PID/ns/net
	Name  string // "host", of its container, under /run/netns, of its service or of a process; "" when it has none
}

// ID identifies a connection for its whole life. Cookies are unique within a
// namespace and are never used again; a 4-tuple is.
type ID struct {
	NetNS  uint64 // inode of the namespace
	Cookie uint64 // SO_COOKIE
}

// Owner is a process that holds a descriptor of the socket.
type Owner struct {
	PID  int32
	FD   int32
	Name string // comm, as the kernel has it: make it harmless before printing
}

// Connection is one TCP socket as one dump of the kernel showed it. All times
// in it count from the moment of that dump.
type Connection struct {
	NetNS      NetNS
	Cookie     uint64
	Local      netip.AddrPort
	Remote     netip.AddrPort // port 0 for LISTEN
	RemoteName string         // of the remote address in /etc/hosts, or ""
	Owners     []Owner        // by PID and FD; shared, never to be changed; none for minisocks, orphans, and what may not be read
	User       string         // of UID; "" when the UID has no name
	Unit       string         // systemd unit or container, or "" when not known
	Timer      Timer
	Keepalive  Keepalive
	TCP        TCP
	Inode      uint32 // of the socket; 0 for minisocks and orphans
	UID        uint32
	Interface  uint32        // index of the interface the socket is bound to, 0 for none
	RecvQueue  uint32        // bytes not read yet; for LISTEN connections waiting for accept
	SendQueue  uint32        // bytes not acknowledged; for LISTEN the limit of the accept queue
	SeenFor    time.Duration // since the collector first met it
	Heartbeat  time.Duration // period of the small exchanges on an otherwise quiet connection; 0: none is known
	SeenOpen   bool          // the collector was watching when it opened: SeenFor is its age
	MirrorGone bool          // the peer is on this host, and no socket there has this connection any more: see MirrorChecker
	QueueFull  bool          // SYN-RECV: the accept queue that it waits for is full
	// MirrorUnproven tells that its other end was not found either, and address
	// translation may be why: see MirrorChecker.
	MirrorUnproven bool
	// ProbeSilent counts the probes of a liveness check that went unanswered; 0
	// as soon as the peer was heard again.
	ProbeSilent uint8
	// ProbeNew tells that the unanswered keepalive probe is one that went out
	// since the poll before: its answer may be on the way.
	ProbeNew bool
	State    State
	Family   Family
}

// ID is the identity of the connection.
func (c *Connection) ID() ID { return ID{NetNS: c.NetNS.Inode, Cookie: c.Cookie} }

// Owner is the first owner, if any is known.
func (c *Connection) Owner() (Owner, bool) {
	if len(c.Owners) == 0 {
		return Owner{}, false
	}
	return c.Owners[0], true
}

// UserKnown tells whether UID speaks of somebody: the kernel says 0 for every
// socket that no file stands for.
func (c *Connection) UserKnown() bool { return c.Inode != 0 }

// Minisock tells whether the kernel keeps only a stub of the socket (TIME-WAIT,
// SYN-RECV): no inode, no owner, no tcp_info.
func (c *Connection) Minisock() bool {
	return c.State == StateTimeWait || c.State == StateSynRecv || c.Timer.Kind == TimerTimeWait
}

// Detail is everything that is known of one connection, for its own page. It
// is asked for one connection at a time.
type Detail struct {
	Connection  Connection
	Congestion  string // congestion control algorithm
	SendMSS     uint32 // bytes
	RecvMSS     uint32 // bytes
	PathMTU     uint32 // bytes
	SendCwnd    uint32 // segments
	SSThresh    uint32 // segments
	RTTVariance time.Duration
	MinRTT      time.Duration
	DeliverRate uint64 // bytes per second
	PacingRate  uint64 // bytes per second
	ReorderSeen uint32
	Shutdown    uint8 // RCV_SHUTDOWN 1, SEND_SHUTDOWN 2
	Mark        uint32
	Memory      SocketMemory
}

// SocketMemory is what INET_DIAG_SKMEMINFO says, in bytes
// (include/uapi/linux/sock_diag.h, SK_MEMINFO_*).
type SocketMemory struct {
	RecvAlloc, RecvBuffer uint32
	SendAlloc, SendBuffer uint32
	ForwardAlloc          uint32
	SendQueued            uint32
	Optional              uint32
	Backlog               uint32
	Drops                 uint32
	Known                 bool
}
