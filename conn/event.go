package conn

import "time"

// EventKind says what happened to a connection.
type EventKind uint8

// The kinds of events.
const (
	EventOpened EventKind = iota // its handshake was finished
	EventClosed                  // it ended as it should, or it is not known how
	EventDied                    // it was given up, reset or killed
)

var eventKindNames = [...]string{"opened", "closed", "died"}

// String is "opened", "closed" or "died".
func (k EventKind) String() string { return eventKindNames[min(int(k), len(eventKindNames)-1)] }

// Cause says why a connection ended.
type Cause uint8

// The causes.
const (
	CauseUnknown           Cause = iota
	CauseKeepaliveTimeout        // keepalive probes went unanswered
	CauseRetransmitTimeout       // data, window probes or the handshake were sent again and again without an answer
	CauseUserTimeout             // either of them, cut short by TCP_USER_TIMEOUT
	CauseReset                   // one side sent a RST
	CauseClosed                  // closed by FIN
	CauseKilled                  // by katop
)

var causeNames = [...]string{
	"unknown", "keepalive-timeout", "retransmit-timeout", "user-timeout", "reset", "closed", "killed",
}

// String names the cause as the JSON has it.
func (c Cause) String() string { return causeNames[min(int(c), len(causeNames)-1)] }

// Ending is how a connection came to its end.
type Ending struct {
	Cause    Cause
	Source   Source // SourceRead: the kernel said so; SourceInferred: it follows from what was seen before
	Evidence string // one line, in numbers where there are any
}

// kind tells whether the end was an ordinary one.
func (e *Ending) kind() EventKind {
	switch e.Cause {
	case CauseClosed, CauseUnknown:
		return EventClosed
	}
	return EventDied
}

// Event is one thing that happened to a connection. Of EventOpened the Ending
// is empty.
type Event struct {
	At   time.Time
	Kind EventKind
	Ending
	Connection Connection // as it was last known
}

// Destroyed is a socket that the kernel reported as destroyed (multicast groups
// of sock_diag, net/core/sock_diag.c). The report comes when its program lets go
// of it, which may be long after the connection has ended.
//
// Of a socket that its own program has aborted, by closing it with SO_LINGER at
// zero, tcp_disconnect (net/ipv4/tcp.c) has wiped the remote port, the counters
// and, unless it was bound, the local address: its cookie alone says which it
// was. Measured on Linux 6.18: remote address, tcpi_retransmits and
// tcpi_last_ack_recv stay; the report of a RST received, of SOCK_DESTROY and of
// a close with data unread is whole.
type Destroyed struct {
	At time.Time
	// Connection has the addresses, the cookie and the last tcp_info. Its state
	// is CLOSE, and inode and owners are gone.
	Connection Connection
}

// wiped tells whether the report says nothing but the cookie.
func (d *Destroyed) wiped() bool { return d.Connection.Remote.Port() == 0 }
