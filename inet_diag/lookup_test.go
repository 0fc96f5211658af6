package inetdiag

import (
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/mdlayher/netlink"
)

func TestLookupReadsAnswers(t *testing.T) {
	single := encode(sockDiagByFamily, 0, fakeSequence, socketBody(1))
	tests := []struct {
		name    string
		answer  []byte
		cookie  uint64
		kind    error
		message string
	}{
		{"found", single, 1, nil, ""},
		{"after an older answer", join(encode(sockDiagByFamily, 0, fakeSequence-1, socketBody(9)), single), 1, nil, ""},
		{"gone", failed(int32(syscall.ENOENT)), 0, ErrNotFound, "look up IPv4 TCP socket 192.0.2.1:40000 to 192.0.2.2:443: no such socket"},
		{"refused", failed(int32(syscall.EINVAL)), 0, syscall.EINVAL, "look up IPv4"},
		{"unsupported", failed(int32(syscall.EOPNOTSUPP)), 0, ErrUnsupported, "modprobe"},
		{"short", encode(sockDiagByFamily, 0, fakeSequence, socketBody(1)[:50]), 0, ErrMalformed, "a socket of 50 bytes"},
		{"a dump's end", done(0), 0, ErrMalformed, "type 3"},
		{"two sockets", join(single, single), 0, ErrMalformed, "88 bytes after the end"},
		{"error without number", encode(netlink.Error, 0, fakeSequence, nil), 0, ErrMalformed, ""},
	}
	id := SocketID{Local: netip.MustParseAddrPort("192.0.2.1:40000"), Remote: netip.MustParseAddrPort("192.0.2.2:443")}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := dialFake(t, &fakeTransport{answers: []datagram{answer(tt.answer)}})
			got, err := c.Lookup(t.Context(), FamilyIPv4, id, ExtInfo)
			if !errors.Is(err, tt.kind) || (err != nil && !strings.Contains(err.Error(), tt.message)) {
				t.Errorf("error %v, want of kind %v with %q", err, tt.kind, tt.message)
			}
			if got.ID.Cookie != tt.cookie {
				t.Errorf("cookie %d, want %d", got.ID.Cookie, tt.cookie)
			}
		})
	}
}

// However much others write to the socket, an answer of one message is taken as
// soon as it is there.
func TestLookupAmongForeignDatagrams(t *testing.T) {
	t.Parallel()
	var answers []datagram
	for range 2 * aloneDatagrams {
		answers = append(answers, datagram{data: []byte("boo"), sender: 4711})
	}
	c := dialFake(t, &fakeTransport{answers: append(answers, answer(encode(sockDiagByFamily, 0, fakeSequence, socketBody(1))))})
	id := SocketID{Local: netip.MustParseAddrPort("192.0.2.1:40000"), Remote: netip.MustParseAddrPort("192.0.2.2:443")}
	if got, err := c.Lookup(t.Context(), FamilyIPv4, id, ExtInfo); err != nil || got.ID.Cookie != 1 {
		t.Errorf("cookie %d, error %v", got.ID.Cookie, err)
	}
}
