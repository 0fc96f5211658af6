package conn

import (
	"net/netip"
	"testing"
)

// TestTornCounters: a dump reads the state of a socket before its counters. One
// that closes in between is shown as ESTABLISHED with a FIN acknowledged, which
// is no proof that none was sent later. Who opened it tells how many bytes beyond
// the payload were acknowledged before.
func TestTornCounters(t *testing.T) {
	t.Parallel()
	counters := func(surplus uint64) TCP {
		return TCP{Known: TCPBase | TCPBytes | TCPSegments | TCPBytesSent, BytesSent: 100, BytesAcked: 100 + surplus, SegsIn: 5}
	}
	shown := func(surplus uint64) *Connection {
		return &Connection{State: StateEstablished, TCP: counters(surplus)}
	}
	for _, tt := range []struct {
		name    string
		last    *Connection
		service bool
		surplus uint64 // of the report
		want    Cause
	}{
		{"came in, closed", shown(0), true, 1, CauseClosed},
		{"came in, closed, torn", shown(1), true, 1, CauseClosed},
		{"came in, reset", shown(0), true, 0, CauseReset},
		{"came in, never shown, closed", nil, true, 1, CauseClosed},
		{"came in, never shown, reset", nil, true, 0, CauseReset},
		{"opened here, closed", shown(1), false, 2, CauseClosed},
		{"opened here, closed, torn", shown(2), false, 2, CauseClosed},
		{"opened here, reset", shown(1), false, 1, CauseReset},
	} {
		d := Destroyed{Connection: Connection{State: StateClose, TCP: counters(tt.surplus)}}
		d.Connection.Remote = netip.MustParseAddrPort("192.0.2.1:443")
		if got := (ended{last: tt.last, service: tt.service, retries: 15}).reported(&d); got.Cause != tt.want {
			t.Errorf("%s: %v, %q; want %v", tt.name, got.Cause, got.Evidence, tt.want)
		}
	}
}
