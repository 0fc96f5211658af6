package inetdiag

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// addCaptures seeds f with what the kernel sent, from the offset on.
func addCaptures(f *testing.F, offset int) {
	f.Helper()
	names, err := filepath.Glob("testdata/*.bin")
	if err != nil || len(names) == 0 {
		f.Fatalf("no captures: %v", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[min(offset, len(b)):])
	}
}

// FuzzDatagram reads datagrams as a dump does. Every message lies within the
// datagram, and they come to its end or to an error.
func FuzzDatagram(f *testing.F) {
	addCaptures(f, 0)
	f.Add(join(socketMessage(1), socketMessage(2), done(0)))
	f.Add(join(socketMessage(1, attribute(AttrShutdown, 1)...), failed(2)))
	f.Fuzz(func(t *testing.T, b []byte) {
		sockets, read := 0, 0
		d := dump{decoder: &decoder{}, each: func(s *Socket) error {
			if s.Family != FamilyIPv4 && s.Family != FamilyIPv6 {
				t.Errorf("family %v", s.Family)
			}
			if s.ID.Local.Addr().Is4() != (s.Family == FamilyIPv4) {
				t.Errorf("%v has address %v", s.Family, s.ID.Local)
			}
			sockets++
			return nil
		}}
		for rest := b; len(rest) > 0; {
			m, next, err := nextMessage(rest)
			if err != nil {
				break
			}
			if len(next) >= len(rest) {
				t.Fatalf("%d bytes left of %d", len(next), len(rest))
			}
			read++
			rest = next
			_, _ = readDatagram(b, m.sequence, d.read)
		}
		if sockets > read*read {
			t.Errorf("%d sockets of %d messages", sockets, read)
		}
	})
}

// FuzzAttributes compares the walk in place with netlink.AttributeDecoder.
func FuzzAttributes(f *testing.F) {
	addCaptures(f, headerLen+socketLen)
	f.Add(attribute(AttrMemory, 1, 2, 3))
	f.Add(attributeHeader(0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		var got, want Socket
		err, oracleErr := new(decoder).attributes(&got, b), oracle(&want, b)
		if err != nil {
			return // stricter than the oracle, which takes attributes of no length
		}
		if oracleErr != nil {
			t.Fatalf("taken, but the oracle says %v", oracleErr)
		}
		if diff := cmp.Diff(want, got, sameAddr); diff != "" {
			t.Errorf("(-oracle +got):\n%s", diff)
		}
	})
}
