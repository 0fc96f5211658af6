package lab

import (
	"net/netip"
	"syscall"
	"time"
)

// actorVariable in the environment makes a process an actor. Its value is the
// name the process gives itself.
const actorVariable = "KATOP_LAB_ACTOR"

// patience is how long an actor waits for what must come at once: a connection
// to accept, bytes that were sent.
const patience = 10 * time.Second

// operation is what an actor is told to do.
type operation string

const (
	opListen     operation = "listen"
	opDial       operation = "dial"       // and wait until the connections are established
	opStartDial  operation = "start-dial" // and leave them in SYN-SENT
	opAccept     operation = "accept"
	opDescribe   operation = "describe"
	opSet        operation = "set"
	opQueues     operation = "queues"
	opInfo       operation = "info"
	opSend       operation = "send"
	opReceive    operation = "receive"
	opCloseWrite operation = "close-write"
	opClose      operation = "close"
	opAbort      operation = "abort"
	opAwaitError operation = "await-error"
)

// request is one line to an actor. An actor works on all requests at the same
// time.
type request struct {
	ID        int
	Operation operation
	FD        int            // of the socket meant
	Addr      netip.AddrPort // to dial, or to listen on
	Options   Options
	N         int           // connections, or bytes
	Timeout   time.Duration // of opAwaitError
}

// reply is one line from an actor. The first it sends has ID 0 and says that it
// is there.
type reply struct {
	ID      int
	Sockets []Socket      `json:",omitempty"`
	N       int           `json:",omitempty"` // bytes sent, received, or not read yet
	Unacked int           `json:",omitempty"` // bytes sent and not acknowledged, of opQueues
	Death   Death         `json:",omitzero"`
	Info    Info          `json:",omitzero"`
	Error   string        `json:",omitempty"`
	Errno   syscall.Errno `json:",omitempty"` // when Error comes from the kernel
}

// Death is the end of a connection as its owner saw it.
type Death struct {
	Errno     syscall.Errno // SO_ERROR: ETIMEDOUT, ECONNRESET, ...; 0 when it was closed in order
	At        time.Time     // wall clock
	Monotonic time.Duration // CLOCK_MONOTONIC
}

// remoteError is an error of an actor. errors.Is finds the errno in it.
type remoteError struct {
	message string
	errno   syscall.Errno
}

func (e *remoteError) Error() string { return e.message }

func (e *remoteError) Unwrap() error {
	if e.errno == 0 {
		return nil
	}
	return e.errno
}
