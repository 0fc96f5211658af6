package inetdiag

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTCPInfoByLength(t *testing.T) {
	t.Parallel()
	// A newer kernel's structure, of which each byte is its offset.
	whole := make([]byte, infoLen+32)
	for i := range whole {
		whole[i] = byte(i)
	}
	ends := []int{InfoBase, InfoPacing, InfoBytes, InfoSegments, InfoNotSent, InfoDeliveryRate,
		InfoLimits, InfoDelivered, InfoBytesSent, InfoSendWindow, InfoRecvWindow, InfoRTO}
	for n := range len(whole) + 1 {
		var got TCPInfo
		if ok := got.decode(whole[:n]); ok != (n >= InfoBase) {
			t.Fatalf("%d bytes: decoded %v", n, ok)
		}
		if n < InfoBase {
			if got != (TCPInfo{}) || got.Reaches(InfoBase) {
				t.Errorf("%d bytes: got %+v, want nothing", n, got)
			}
			continue
		}
		for _, end := range ends {
			if got.Reaches(end) != (n >= end) {
				t.Errorf("%d bytes: Reaches(%d) is %v", n, end, got.Reaches(end))
			}
		}
		// What did not come is as if it had come as zero, and nothing is read past it.
		padded := make([]byte, infoLen)
		copy(padded, whole[:n])
		var want TCPInfo
		want.decode(padded)
		want.Len = n
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%d bytes (-want +got):\n%s", n, diff)
		}
	}
}
