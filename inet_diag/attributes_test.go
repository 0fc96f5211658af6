package inetdiag

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"
)

// oracle decodes attributes with netlink.AttributeDecoder. The bodies of
// tcp_info and the memory have their own tests.
func oracle(s *Socket, b []byte) error {
	ad, err := netlink.NewAttributeDecoder(b)
	if err != nil {
		return err
	}
	came := func(ok bool) {
		if ok {
			s.attributes |= 1 << ad.Type()
		}
	}
	for ad.Next() {
		n := len(ad.Bytes())
		switch Attribute(ad.Type()) {
		case AttrInfo:
			came(n >= 104)
			if n >= 104 {
				s.Info.decode(ad.Bytes())
			}
		case AttrCongestion:
			came(true)
			name, _, _ := bytes.Cut(ad.Bytes(), []byte{0})
			s.Congestion = string(name)
		case AttrMemory:
			came(n >= 36)
			if n >= 36 {
				if err := binary.Read(bytes.NewReader(ad.Bytes()), binary.NativeEndian, &s.Memory); err != nil {
					return err
				}
			}
		case AttrShutdown:
			came(n >= 1)
			if n >= 1 {
				s.Shutdown = ad.Bytes()[0]
			}
		case AttrMark:
			came(n >= 4)
			if n >= 4 {
				s.Mark = binary.NativeEndian.Uint32(ad.Bytes())
			}
		case AttrCgroupID:
			came(n >= 8)
			if n >= 8 {
				s.CgroupID = binary.NativeEndian.Uint64(ad.Bytes())
			}
		}
	}
	return ad.Err()
}

func TestAttributesAgainstOracle(t *testing.T) {
	t.Parallel()
	memory := make([]byte, 0, 40)
	for i := range uint32(10) {
		memory = binary.NativeEndian.AppendUint32(memory, 1000+i)
	}
	flagged := attribute(AttrShutdown, 2)
	binary.NativeEndian.PutUint16(flagged[2:], uint16(AttrShutdown)|netlink.Nested|netlink.NetByteOrder)
	tests := []struct {
		name string
		b    []byte
		has  []Attribute
	}{
		{"none", nil, nil},
		{"captured", captureBody(t, "established-keepalive")[socketLen:], []Attribute{AttrInfo, AttrCongestion, AttrMemory, AttrShutdown, AttrMark, AttrCgroupID}},
		{"captured listener", captureBody(t, "listen")[socketLen:], []Attribute{AttrInfo, AttrCongestion, AttrMemory, AttrShutdown, AttrMark, AttrCgroupID}},
		{"captured minisock", captureBody(t, "syn-recv")[socketLen:], []Attribute{AttrMark}},
		{"unknown ones", join(attribute(22, 1, 2, 3), attribute(AttrShutdown, 3), attribute(200)), []Attribute{AttrShutdown}},
		{"flags in the type", flagged, []Attribute{AttrShutdown}},
		{"twice", join(attribute(AttrShutdown, 1), attribute(AttrShutdown, 2)), []Attribute{AttrShutdown}},
		{"last without padding", attribute(AttrShutdown, 1)[:5], []Attribute{AttrShutdown}},
		{"name without end", attribute(AttrCongestion, 'b', 'b', 'r'), []Attribute{AttrCongestion}},
		{"memory", attribute(AttrMemory, memory[:36]...), []Attribute{AttrMemory}},
		{"memory of a newer kernel", attribute(AttrMemory, memory...), []Attribute{AttrMemory}},
		{"memory without drops", attribute(AttrMemory, memory[:32]...), nil},
		{"all too short", join(attribute(AttrInfo, 1), attribute(AttrMemory, 1), attribute(AttrShutdown), attribute(AttrMark, 1, 2, 3), attribute(AttrCgroupID, 1, 2, 3, 4)), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got, want Socket
			if err := new(decoder).attributes(&got, tt.b); err != nil {
				t.Fatal(err)
			}
			if err := oracle(&want, tt.b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, sameAddr); diff != "" {
				t.Errorf("(-oracle +got):\n%s", diff)
			}
			var has []Attribute
			for a := range Attribute(32) {
				if got.Has(a) {
					has = append(has, a)
				}
			}
			if diff := cmp.Diff(tt.has, has); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMemoryOrder(t *testing.T) {
	t.Parallel()
	var b []byte
	for i := range uint32(9) {
		b = binary.NativeEndian.AppendUint32(b, i+1)
	}
	var got Memory
	if !got.decode(b) {
		t.Fatal("not decoded")
	}
	want := Memory{RecvAlloc: 1, RecvBuffer: 2, SendAlloc: 3, SendBuffer: 4, ForwardAlloc: 5, SendQueued: 6, Optional: 7, Backlog: 8, Drops: 9}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
