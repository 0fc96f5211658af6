package inetdiag

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"
)

func TestDestroyReadsAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer []byte
		kind   error
		text   string
	}{
		{"done", failed(0), nil, ""},
		{"gone", failed(int32(syscall.ENOENT)), ErrNotFound, "destroy IPv4 TCP socket 192.0.2.1:40000 to 192.0.2.2:443: no such socket"},
		{"no right", failed(int32(syscall.EPERM)), ErrNotPermitted, "CAP_NET_ADMIN"},
		{"no support", failed(int32(syscall.EOPNOTSUPP)), ErrNoDestroy, "CONFIG_INET_DIAG_DESTROY"},
		{"refused", failed(int32(syscall.EINVAL)), syscall.EINVAL, "destroy IPv4"},
		{"a socket", encode(sockDiagByFamily, 0, fakeSequence, socketBody(1)), ErrMalformed, "type 20"},
		{"a dump's end", done(0), ErrMalformed, "type 3"},
		{"error without number", encode(netlink.Error, 0, fakeSequence, nil), ErrMalformed, ""},
	}
	id := SocketID{Local: netip.MustParseAddrPort("192.0.2.1:40000"), Remote: netip.MustParseAddrPort("192.0.2.2:443"), Cookie: 1<<40 | 7}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := &fakeTransport{answers: []datagram{answer(tt.answer)}}
			err := dialFake(t, f).Destroy(t.Context(), FamilyIPv4, id)
			if !errors.Is(err, tt.kind) || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want of kind %v with %q", err, tt.kind, tt.text)
			}
			m := f.requests[0]
			if m.Header.Type != 21 || m.Header.Flags != netlink.Request|netlink.Acknowledge {
				t.Errorf("asked with type %d, flags %v", m.Header.Type, m.Header.Flags)
			}
			want := []uint32{7, 1 << 8} // the lower word of the cookie first
			got := []uint32{binary.NativeEndian.Uint32(m.Data[48:]), binary.NativeEndian.Uint32(m.Data[52:])}
			if diff := cmp.Diff(want, got); diff != "" || len(m.Data) != requestLen {
				t.Errorf("%d bytes, cookie (-want +got)\n%s", len(m.Data), diff)
			}
		})
	}
}

// Whatever has these addresses would be hit.
func TestDestroyNeedsCookie(t *testing.T) {
	t.Parallel()
	for _, cookie := range []uint64{0, ^uint64(0)} {
		id := SocketID{Local: netip.MustParseAddrPort("192.0.2.1:40000"), Remote: netip.MustParseAddrPort("192.0.2.2:443"), Cookie: cookie}
		f := &fakeTransport{}
		if err := dialFake(t, f).Destroy(t.Context(), FamilyIPv4, id); err == nil || len(f.requests) != 0 {
			t.Errorf("cookie %#x: %v after %d requests, want an error and none", cookie, err, len(f.requests))
		}
	}
}
