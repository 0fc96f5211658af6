package inetdiag

import (
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// capture is a message as the kernel sent it, header and all
// (capture_linux_test.go writes them).
func capture(tb testing.TB, name string) []byte {
	tb.Helper()
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		tb.Skip("the captures are from a little-endian machine")
	}
	b, err := os.ReadFile(filepath.Join("testdata", name+".bin"))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// captureBody is the message without its header.
func captureBody(tb testing.TB, name string) []byte {
	tb.Helper()
	m, rest, err := nextMessage(capture(tb, name))
	if err != nil || len(rest) > 0 {
		tb.Fatalf("%s: %d bytes left, error %v", name, len(rest), err)
	}
	return m.body
}

func TestDecodeCaptures(t *testing.T) {
	// known is what the scene made of each, whatever ports and inodes it got.
	type known struct {
		Family         Family
		State, Timer   uint8
		Local, Remote  netip.Addr
		Server         uint16 // the port that is the server's
		Inode, Info    bool
		RQueue, WQueue uint32
		Mark           uint32
		Congestion     string
		Shutdown       uint8
	}
	var (
		client = netip.MustParseAddr("192.0.2.1")
		server = netip.MustParseAddr("192.0.2.2")
		none   = netip.IPv4Unspecified()
	)
	tests := []struct {
		name string
		want known
	}{
		{"established-keepalive", known{FamilyIPv4, StateEstablished, TimerKeepalive, client, server, 7001, true, true, 0, 0, 42, "reno", 0}},
		{"established", known{FamilyIPv4, StateEstablished, TimerNone, server, client, 7001, true, true, 0, 0, 0, "reno", 0}},
		{"established-ipv6", known{FamilyIPv6, StateEstablished, TimerNone, netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"), 7002, true, true, 0, 0, 0, "reno", 0}},
		{"established-mapped", known{FamilyIPv6, StateEstablished, TimerNone, netip.MustParseAddr("::ffff:192.0.2.2"), netip.MustParseAddr("::ffff:192.0.2.1"), 7003, true, true, 0, 0, 0, "reno", 0}},
		{"listen", known{FamilyIPv4, StateListen, TimerNone, server, none, 7001, true, true, 0, 8, 0, "reno", 0}},
		{"listen-ipv6", known{FamilyIPv6, StateListen, TimerNone, netip.IPv6Unspecified(), netip.IPv6Unspecified(), 7003, true, true, 0, 8, 0, "reno", 0}},
		{"close-wait", known{FamilyIPv4, StateCloseWait, TimerNone, server, client, 7006, true, true, 1, 0, 0, "reno", 1}},
		{"fin-wait-2-minisock", known{FamilyIPv4, StateFinWait2, TimerTimeWait, client, server, 7006, false, false, 0, 0, 0, "", 0}},
		{"time-wait", known{FamilyIPv4, StateTimeWait, TimerTimeWait, client, server, 7005, false, false, 0, 0, 0, "", 0}},
		{"syn-recv", known{FamilyIPv4, StateSynRecv, TimerRetransmit, server, client, 7007, false, false, 0, 0, 0, "", 0}},
		{"syn-sent", known{FamilyIPv4, StateSynSent, TimerRetransmit, client, server, 7008, true, true, 0, 1, 0, "reno", 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s Socket
			if err := new(decoder).decode(&s, captureBody(t, tt.name)); err != nil {
				t.Fatal(err)
			}
			port := s.ID.Local.Port()
			if s.ID.Remote.Addr() == tt.want.Remote && s.ID.Remote.Port() == tt.want.Server {
				port = s.ID.Remote.Port()
			}
			got := known{s.Family, s.State, s.Timer, s.ID.Local.Addr(), s.ID.Remote.Addr(), port,
				s.Inode != 0, s.Has(AttrInfo), s.RQueue, s.WQueue, s.Mark, s.Congestion, s.Shutdown}
			if diff := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if s.ID.Cookie == 0 {
				t.Error("no cookie")
			}
		})
	}
}

func TestDecodeTimers(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]time.Duration{
		"established-keepalive": 600 * time.Second, // TCP_KEEPIDLE
		"time-wait":             60 * time.Second,  // TCP_TIMEWAIT_LEN
		"fin-wait-2-minisock":   60 * time.Second,  // tcp_fin_timeout
		"syn-recv":              time.Second,       // TCP_TIMEOUT_INIT
	} {
		var s Socket
		if err := new(decoder).decode(&s, captureBody(t, name)); err != nil {
			t.Fatal(err)
		}
		if s.Expires < limit-2*time.Second || s.Expires <= 0 || s.Expires > limit {
			t.Errorf("%s: expires in %v, want a little less than %v", name, s.Expires, limit)
		}
	}
}
