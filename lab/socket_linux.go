package lab

import (
	"net/netip"
	"time"
)

// Socket is one socket of an actor.
type Socket struct {
	PID    int
	FD     int
	Inode  uint32         // as /proc/PID/fd and /proc/net/tcp have it
	Cookie uint64         // SO_COOKIE
	Local  netip.AddrPort // IPv4-mapped for IPv4 on an IPv6 socket
	Remote netip.AddrPort // unspecified, with port 0, for a listener
	// Keepalive is what the owner's getsockopt said when the socket was made.
	Keepalive Keepalive

	actor *Actor
}

func (s *Socket) do(r request) (reply, error) {
	r.FD = s.FD
	return s.actor.do(r)
}

// Accept takes the next connection of a listener and sets its options. It waits
// for it up to ten seconds.
func (s *Socket) Accept(o Options) (*Socket, error) {
	return s.actor.one(request{Operation: opAccept, FD: s.FD, Options: o})
}

// AcceptMany accepts n connections.
func (s *Socket) AcceptMany(n int, o Options) ([]Socket, error) {
	answer, err := s.do(request{Operation: opAccept, N: n, Options: o})
	return answer.Sockets, err
}

// Describe asks the owner for the socket as it is now.
func (s *Socket) Describe() (*Socket, error) {
	return s.actor.one(request{Operation: opDescribe, FD: s.FD})
}

// SetKeepalive changes the options of an open socket. What is zero is left as
// it is, except On.
func (s *Socket) SetKeepalive(k Keepalive) error {
	_, err := s.do(request{Operation: opSet, Options: Options{Keepalive: k}})
	return err
}

// Queues says how many bytes the owner has not read yet, and how many the peer
// has not acknowledged (tcp(7), SIOCINQ and SIOCOUTQ). A FIN that was sent
// counts for one.
func (s *Socket) Queues() (unread, unacked int, err error) {
	answer, err := s.do(request{Operation: opQueues})
	return answer.N, answer.Unacked, err
}

// Info asks the owner for the present state of the connection.
func (s *Socket) Info() (Info, error) {
	answer, err := s.do(request{Operation: opInfo})
	return answer.Info, err
}

// Send writes up to n bytes, as many as the send buffer takes at once, and says
// how many.
func (s *Socket) Send(n int) (int, error) {
	answer, err := s.do(request{Operation: opSend, N: n})
	return answer.N, err
}

// Receive reads n bytes and says how many came: fewer only when the peer closed
// first. It waits for them up to ten seconds.
func (s *Socket) Receive(n int) (int, error) {
	answer, err := s.do(request{Operation: opReceive, N: n})
	return answer.N, err
}

// CloseWrite sends FIN and keeps the socket: shutdown(2) with SHUT_WR.
func (s *Socket) CloseWrite() error {
	_, err := s.do(request{Operation: opCloseWrite})
	return err
}

// Close closes the descriptor. A connection that is still in FIN-WAIT-1 or
// later goes on as an orphan.
func (s *Socket) Close() error {
	_, err := s.do(request{Operation: opClose})
	return err
}

// Abort closes the descriptor with SO_LINGER at zero: the peer gets a RST.
func (s *Socket) Abort() error {
	_, err := s.do(request{Operation: opAbort})
	return err
}

// AwaitError waits until the connection is dead for its owner, and says how and
// when. The owner reads SO_ERROR by that. It is an error if the connection lives
// longer than timeout.
func (s *Socket) AwaitError(timeout time.Duration) (Death, error) {
	answer, err := s.do(request{Operation: opAwaitError, Timeout: timeout})
	return answer.Death, err
}
