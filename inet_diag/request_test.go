package inetdiag

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"
)

func TestRequestMessage(t *testing.T) {
	t.Parallel()
	u32 := binary.NativeEndian.AppendUint32
	anyID := append(make([]byte, 40), 255, 255, 255, 255, 255, 255, 255, 255)
	tests := []struct {
		name    string
		request Request
		want    []byte
	}{
		{"everything", Request{Family: FamilyIPv4},
			join(u32([]byte{2, 6, 0, 0}, 0x1ffe), anyID)},
		{"tcp_info of listeners", Request{Family: FamilyIPv6, States: 1 << StateListen, Extensions: ExtInfo},
			join(u32([]byte{10, 6, 2, 0}, 1<<10), anyID)},
		{"all extensions", Request{Family: FamilyIPv4, Extensions: ExtInfo | ExtCongestion | ExtMemory},
			join(u32([]byte{2, 6, 2 | 8 | 64, 0}, 0x1ffe), anyID)},
		{"filter", Request{Family: FamilyIPv4, Filter: Or()},
			join(u32([]byte{2, 6, 0, 0}, 0x1ffe), anyID, attribute(attrBytecode, join([]byte{1, 4}, binary.NativeEndian.AppendUint16(nil, 8))...))},
		{"filter that matches all", Request{Family: FamilyIPv4, Filter: And()},
			join(u32([]byte{2, 6, 0, 0}, 0x1ffe), anyID)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.request.message()
			if err != nil {
				t.Fatal(err)
			}
			want := netlink.Message{Header: netlink.Header{Type: 20, Flags: netlink.Request | netlink.Dump}, Data: tt.want}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLookupMessage(t *testing.T) {
	t.Parallel()
	id := SocketID{
		Local:     netip.MustParseAddrPort("192.0.2.1:40000"),
		Remote:    netip.MustParseAddrPort("192.0.2.2:443"),
		Interface: 5,
		Cookie:    0x0000_0007_0000_0009,
	}
	got, err := lookupMessage(FamilyIPv4, id, ExtInfo)
	if err != nil {
		t.Fatal(err)
	}
	u32 := binary.NativeEndian.AppendUint32
	zeros := make([]byte, 12)
	want := join(u32([]byte{2, 6, 2, 0}, 0x1ffe), []byte{0x9c, 0x40, 1, 187}, []byte{192, 0, 2, 1}, zeros, []byte{192, 0, 2, 2}, zeros, u32(nil, 5), u32(nil, 9), u32(nil, 7))
	if diff := cmp.Diff(want, got.Data); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Header.Flags != netlink.Request {
		t.Errorf("flags %v: a lookup is no dump", got.Header.Flags)
	}
}

func TestRequestsThatCannotBe(t *testing.T) {
	t.Parallel()
	_, noFamily := Request{}.message()
	_, noLookupFamily := lookupMessage(1, SocketID{}, 0)
	four, six := netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("[::ffff:192.0.2.1]:1")
	_, sixOfFour := lookupMessage(FamilyIPv4, SocketID{Local: four, Remote: six}, 0)
	_, fourOfSix := lookupMessage(FamilyIPv6, SocketID{Local: four, Remote: six}, 0)
	for _, tt := range []struct {
		err  error
		want string
	}{
		{noFamily, "family 0 is none of TCP"},
		{noLookupFamily, "family 1 is none of TCP"},
		{sixOfFour, "::ffff:192.0.2.1 is no address of IPv4"},
		{fourOfSix, "192.0.2.1 is no address of IPv6"},
	} {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.want) {
			t.Errorf("error %v, want %q", tt.err, tt.want)
		}
	}
}
