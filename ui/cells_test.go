package ui

import (
	"net/netip"
	"testing"
)

func TestEndpointWidth(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"0.0.0.0:0", "1.22.133.4:9", "10.0.0.10:99", "99.100.9.255:100", "255.255.255.255:65535", "127.0.0.1:9999", "127.0.0.1:10000",
		"[::]:0", "[::1]:443", "[2001:db8::1:22]:8080", "[::ffff:192.0.2.1]:80", "[fe80::1%eth0]:22",
	} {
		a := netip.MustParseAddrPort(text)
		if got, want := endpointWidth(a), len(endpoint(a)); got != want {
			t.Errorf("%s: %d wide, want %d as in %q", text, got, want, endpoint(a))
		}
	}
	if got, want := endpointWidth(netip.AddrPort{}), len(endpoint(netip.AddrPort{})); got != want {
		t.Errorf("no address: %d wide, want %d", got, want)
	}
}
