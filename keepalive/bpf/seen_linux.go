package bpf

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// Seen is a TCP socket as a Setter met it, under the socket's lock.
type Seen struct {
	Cookie        uint64
	Local, Remote netip.AddrPort
	State         uint8          // as tcpi_state has it (include/net/tcp_states.h)
	Orphan        bool           // no descriptor names it
	Unanswered    int            // probes: tcpi_probes
	Waiting       bool           // data or probes wait for an answer
	Before        conn.Keepalive // what it had
	Set           bool           // it was as the Wish has it, and was set
	After         conn.Keepalive // if Set: what it has now
	Failed        int            // the index of the Step that failed with Errno
	Errno         unix.Errno     // 0: none failed

	as decided
}

// Step is one setsockopt(2).
type Step struct {
	Level, Option uint16
	Value         int32
}

// Wish is what a socket is to be set to if it is still as it was seen. It is
// left alone if as many probes are unanswered as Refuse and fewer than Until, or
// if Answered is wanted and something waits.
type Wish struct {
	Seen          *Seen
	Steps         []Step // up to MaxSteps, one at least
	Refuse, Until uint8
	Answered      bool
}

// MaxSteps is how many steps a Wish has room for.
const MaxSteps = 5

// The structs of set.bpf.c.
type (
	// decided is what a decision is about, as the kernel has it.
	decided struct {
		Ends    [40]byte
		Options [16]byte
	}
	target struct { // without exported names it would be encoded by reflection
		Seen          [seenLen]byte
		Decided       decided
		Steps         [MaxSteps]Step
		Count         uint8
		Refuse, Until uint8
		Answered      uint8
		Unused        uint32
	}
)

// fill says it to the program.
func (w *Wish) fill(t *target) {
	*t = target{Decided: w.Seen.as, Refuse: w.Refuse, Until: w.Until}
	if w.Answered {
		t.Answered = 1
	}
	t.Count = uint8(copy(t.Steps[:], w.Steps))
}

const (
	seenLen = 88
	// enum status
	statusLooked = 1
	statusSet    = 3
)

// parseSeen decodes struct seen; looked tells whether it is an answer to a look.
func (d *decoder) parseSeen(b []byte, s *Seen) (looked bool) {
	*s = Seen{
		Cookie: binary.NativeEndian.Uint64(b),
		State:  b[81], Unanswered: int(b[82]), Waiting: b[83] != 0, Orphan: b[84] != 0,
		Set: b[80] == statusSet,
	}
	s.Local, s.Remote = ends(b[8:48])
	_, s.Before = d.options(b[48:64])
	copy(s.as.Ends[:], b[8:48])
	copy(s.as.Options[:], b[48:64])
	if s.Set {
		_, s.After = d.options(b[64:80])
		s.Failed, s.Errno = int(b[85]), unix.Errno(binary.NativeEndian.Uint16(b[86:]))
	}
	return b[80] == statusLooked
}

// ends decodes struct ends.
func ends(b []byte) (local, remote netip.AddrPort) {
	address := func(b []byte) netip.Addr { return netip.AddrFrom16([16]byte(b)) }
	if binary.NativeEndian.Uint16(b[36:]) == unix.AF_INET {
		address = func(b []byte) netip.Addr { return netip.AddrFrom4([4]byte(b)) }
	}
	return netip.AddrPortFrom(address(b), binary.NativeEndian.Uint16(b[32:])),
		netip.AddrPortFrom(address(b[16:]), binary.BigEndian.Uint16(b[34:]))
}
