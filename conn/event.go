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

// ParseEventKind reads the name of a kind.
func ParseEventKind(name string) (EventKind, bool) {
	i, ok := nameIndex(eventKindNames[:], name)
	return EventKind(max(0, i)), ok
}

// Cause says why a connection ended.
type Cause uint8

// The causes.
const (
	CauseUnknown           Cause = iota
	CauseKeepaliveTimeout        // keepalive probes went unanswered
	CauseRetransmitTimeout       // data, or the handshake, was sent again and again without an answer
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

// ParseCause reads the name of a cause.
func ParseCause(name string) (Cause, bool) {
	i, ok := nameIndex(causeNames[:], name)
	return Cause(max(0, i)), ok
}

// CauseNames lists the names of all causes.
func CauseNames() []string { return causeNames[:] }

// Ending is how a connection came to its end.
type Ending struct {
	Cause    Cause
	Source   Source // SourceRead: the kernel reported it; SourceInferred: it follows from what was seen before
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
type Destroyed struct {
	At time.Time
	// Connection has the addresses, the cookie and the last tcp_info. Its state
	// is CLOSE, and inode and owners are gone.
	Connection Connection
}
