package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// ActorOptions say what process an actor is.
type ActorOptions struct {
	// Name is the first argument and the comm, of which the kernel keeps 15
	// bytes; it may hold anything but NUL. Empty means "actor".
	Name string
	// UID and GID are what the process runs as, without capabilities unless 0.
	UID, GID uint32
}

// Actor is a process in a namespace that opens connections when told to. Its
// methods may be called from several goroutines.
type Actor struct {
	*Process
	name  string
	stdin io.WriteCloser

	mu      sync.Mutex
	encoder *json.Encoder
	lastID  int
	waiting map[int]chan reply
	gone    bool
}

// StartActor starts an actor in the namespace. It ends with Kill, with the
// namespace, or with the process that started it.
func (n *Namespace) StartActor(o ActorOptions) (*Actor, error) {
	if o.Name == "" {
		o.Name = "actor"
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{o.Name}
	cmd.Env = append(os.Environ(), actorVariable+"="+o.Name)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if o.UID != 0 || o.GID != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: o.UID, Gid: o.GID}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	process, err := n.Start(cmd)
	if err != nil {
		return nil, err
	}
	a := &Actor{
		Process: process,
		name:    o.Name,
		stdin:   stdin,
		encoder: json.NewEncoder(stdin),
		waiting: make(map[int]chan reply),
	}
	replies := json.NewDecoder(stdout)
	if err := replies.Decode(&reply{}); err != nil {
		return nil, errors.Join(fmt.Errorf("actor %q did not start: call lab.Main first thing in main or TestMain: %w", o.Name, err), a.Kill())
	}
	go a.listen(replies)
	return a, nil
}

// listen hands the replies to those who wait for them.
func (a *Actor) listen(replies *json.Decoder) {
	for {
		var r reply
		err := replies.Decode(&r)
		a.mu.Lock()
		if err != nil {
			a.gone = true
			for _, w := range a.waiting {
				close(w)
			}
			a.mu.Unlock()
			return
		}
		w := a.waiting[r.ID]
		delete(a.waiting, r.ID)
		a.mu.Unlock()
		w <- r
	}
}

// do sends a request and waits for its reply.
func (a *Actor) do(r request) (reply, error) {
	w := make(chan reply, 1)
	a.mu.Lock()
	if a.gone {
		a.mu.Unlock()
		return reply{}, a.goneError(r)
	}
	a.lastID++
	r.ID = a.lastID
	a.waiting[r.ID] = w
	err := a.encoder.Encode(r)
	a.mu.Unlock()
	if err != nil {
		return reply{}, a.goneError(r)
	}
	answer, ok := <-w
	switch {
	case !ok:
		return reply{}, a.goneError(r)
	case answer.Error != "":
		return answer, &remoteError{message: fmt.Sprintf("actor %q: %s", a.name, answer.Error), errno: answer.Errno}
	}
	for i := range answer.Sockets {
		answer.Sockets[i].actor = a
		answer.Sockets[i].PID = a.PID()
	}
	return answer, nil
}

func (a *Actor) goneError(r request) error {
	return fmt.Errorf("actor %q cannot %s: process %d has ended", a.name, r.Operation, a.PID())
}

// one sends a request that brings one socket.
func (a *Actor) one(r request) (*Socket, error) {
	r.N = 1
	answer, err := a.do(r)
	if err != nil {
		return nil, err
	}
	return &answer.Sockets[0], nil
}

// Name is the name the actor was started with.
func (a *Actor) Name() string { return a.name }

// Listen opens a listener. Port 0 takes a free port. On an IPv6 address it also
// takes IPv4 connections to [::] unless Options.V6Only is set.
func (a *Actor) Listen(addr netip.AddrPort, o Options) (*Socket, error) {
	return a.one(request{Operation: opListen, Addr: addr, Options: o})
}

// Dial opens a connection and waits until it is established. An IPv4-mapped
// address (::ffff:10.9.1.2) is dialed from an IPv6 socket.
func (a *Actor) Dial(addr netip.AddrPort, o Options) (*Socket, error) {
	return a.one(request{Operation: opDial, Addr: addr, Options: o})
}

// StartDial opens a connection without waiting for the answer: the socket is in
// SYN-SENT.
func (a *Actor) StartDial(addr netip.AddrPort, o Options) (*Socket, error) {
	return a.one(request{Operation: opStartDial, Addr: addr, Options: o})
}

// DialMany opens n connections to one address and waits until all are
// established. The listener's backlog must hold them, or its owner accept
// them meanwhile. One process can have 20,000 descriptors or what its limit
// says.
func (a *Actor) DialMany(addr netip.AddrPort, n int, o Options) ([]Socket, error) {
	answer, err := a.do(request{Operation: opDial, Addr: addr, Options: o, N: n})
	return answer.Sockets, err
}
