package inetdiag

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

const everything = ExtInfo | ExtCongestion | ExtMemory

// collect dumps the sockets of both families that f matches, by cookie.
func collect(tb testing.TB, c *Conn, f *Filter) map[uint64]Socket {
	tb.Helper()
	sockets := make(map[uint64]Socket)
	for _, family := range []Family{FamilyIPv4, FamilyIPv6} {
		r := Request{Family: family, Extensions: everything, Filter: f}
		err := c.Dump(context.Background(), r, func(s *Socket) error {
			if s.Family != family {
				tb.Errorf("%v in a dump of %v", s.ID, family)
			}
			sockets[s.ID.Cookie] = *s
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return sockets
}

func TestDumpShowsEveryState(t *testing.T) {
	n := newNamespace(t)
	newScene(t, n)
	type row struct {
		Family       Family
		State, Timer uint8
		Info, Inode  bool
	}
	got := make(map[string][]row)
	for _, s := range collect(t, n.dial(t), nil) {
		key := fmt.Sprintf("to %v", s.ID.Remote)
		if s.ID.Remote.Port() < portKeepalive || s.ID.Remote.Port() > portZeroWindow {
			key = fmt.Sprintf("at %v", s.ID.Local)
		}
		if s.State == StateListen {
			continue
		}
		got[key] = append(got[key], row{s.Family, s.State, s.Timer, s.Has(AttrInfo), s.Inode != 0})
	}
	open := row{FamilyIPv4, StateEstablished, TimerNone, true, true}
	open6 := row{FamilyIPv6, StateEstablished, TimerNone, true, true}
	want := map[string][]row{
		"to 192.0.2.2:7001":          {{FamilyIPv4, StateEstablished, TimerKeepalive, true, true}},
		"at 192.0.2.2:7001":          {open},
		"to [2001:db8::2]:7002":      {open6},
		"at [2001:db8::2]:7002":      {open6},
		"to 192.0.2.2:7003":          {open},
		"at [::ffff:192.0.2.2]:7003": {open6},
		"to 192.0.2.2:7004":          {{FamilyIPv4, StateFinWait2, TimerNone, true, true}},
		"at 192.0.2.2:7004":          {{FamilyIPv4, StateCloseWait, TimerNone, true, true}},
		"to 192.0.2.2:7005":          {{FamilyIPv4, StateTimeWait, TimerTimeWait, false, false}},
		"to 192.0.2.2:7006":          {{FamilyIPv4, StateFinWait2, TimerTimeWait, false, false}},
		"at 192.0.2.2:7006":          {{FamilyIPv4, StateCloseWait, TimerNone, true, true}},
		"to 192.0.2.2:7007":          {open},
		"at 192.0.2.2:7007":          {{FamilyIPv4, StateSynRecv, TimerRetransmit, false, false}},
		"to 192.0.2.2:7008":          {open, {FamilyIPv4, StateSynSent, TimerRetransmit, true, true}},
		"at 192.0.2.2:7008":          {{FamilyIPv4, StateEstablished, TimerNone, true, false}}, // waits for accept
		"to 192.0.2.2:7009":          {{FamilyIPv4, StateEstablished, TimerZeroWindow, true, true}},
		"at 192.0.2.2:7009":          {open},
	}
	for _, rows := range got {
		if len(rows) == 2 && rows[0].State > rows[1].State {
			rows[0], rows[1] = rows[1], rows[0]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sockets (-want +got):\n%s", diff)
	}
}

func TestDumpByState(t *testing.T) {
	n := newNamespace(t)
	newScene(t, n)
	c := n.dial(t)
	for state := StateEstablished; state <= StateClosing; state++ {
		want, got := make(map[netip.AddrPort]bool), make(map[netip.AddrPort]bool)
		r := Request{Family: FamilyIPv4}
		err := errors.Join(
			c.Dump(t.Context(), r, func(s *Socket) error {
				if s.State == state {
					want[s.ID.Local] = true
				}
				return nil
			}),
			c.Dump(t.Context(), Request{Family: FamilyIPv4, States: 1 << state}, func(s *Socket) error {
				got[s.ID.Local] = true
				return nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("state %d (-want +got):\n%s", state, diff)
		}
	}
}

// TestDumpBoundInactive: bound sockets are no connections, and come on demand.
func TestDumpBoundInactive(t *testing.T) {
	n := newNamespace(t)
	s := &scene{}
	t.Cleanup(func() { s.close(s.fds...) })
	if err := n.do(func() error { _, err := s.socket(client4, 0); return err }); err != nil {
		t.Fatal(err)
	}
	c := n.dial(t)
	if got := collect(t, c, nil); len(got) != 0 {
		t.Errorf("among all states: %v", got)
	}
	var states []uint8
	err := c.Dump(t.Context(), Request{Family: FamilyIPv4, States: 1 << StateBoundInactive}, func(s *Socket) error {
		states = append(states, s.State)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(states) == 0 {
		t.Skip("needs Linux 6.8: the kernel does not show bound sockets")
	}
	if diff := cmp.Diff([]uint8{StateClose}, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestLookupFindsWhatTheDumpShows(t *testing.T) {
	n := newNamespace(t)
	newScene(t, n)
	c := n.dial(t)
	for _, want := range collect(t, c, nil) {
		got, err := c.Lookup(t.Context(), want.Family, want.ID, everything)
		if err != nil {
			t.Errorf("state %d: %v", want.State, err)
			continue
		}
		type fixed struct {
			ID         SocketID
			Family     Family
			State      uint8
			Inode      uint32
			Congestion string
			attributes uint32
		}
		of := func(s Socket) fixed { return fixed{s.ID, s.Family, s.State, s.Inode, s.Congestion, s.attributes} }
		if of(got) != of(want) {
			t.Errorf("looked up %+v, dumped %+v", of(got), of(want))
		}

		foreign := want.ID
		foreign.Cookie++
		if _, err := c.Lookup(t.Context(), want.Family, foreign, 0); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v with another's cookie: error %v, want ErrNotFound", want.ID, err)
		}
		any := want.ID
		any.Cookie = 0
		if got, err := c.Lookup(t.Context(), want.Family, any, 0); err != nil || got.ID != want.ID {
			t.Errorf("%v without cookie: got %v, %v", want.ID, got.ID, err)
		}
	}
}

func TestCookieIsSOCookie(t *testing.T) {
	n := newNamespace(t)
	scene := newScene(t, n)
	dumped := collect(t, n.dial(t), nil)
	for _, fd := range scene.fds {
		cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
		if err != nil {
			t.Fatal(err)
		}
		var stat unix.Stat_t
		if err := unix.Fstat(fd, &stat); err != nil {
			t.Fatal(err)
		}
		if s, ok := dumped[cookie]; !ok || uint64(s.Inode) != stat.Ino {
			t.Errorf("descriptor %d: cookie %d, inode %d; dumped %v: inode %d", fd, cookie, stat.Ino, ok, s.Inode)
		}
	}
}

// TestTCPInfoIsGetsockopt compares with what TCP_INFO says of the same socket.
func TestTCPInfoIsGetsockopt(t *testing.T) {
	n := newNamespace(t)
	scene := newScene(t, n)
	dumped := collect(t, n.dial(t), nil)
	compared := 0
	for _, fd := range scene.fds {
		cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
		if err != nil {
			t.Fatal(err)
		}
		s := dumped[cookie]
		if s.State != StateEstablished || s.Timer == TimerZeroWindow {
			continue // the others move on between the two
		}
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			t.Fatal(err)
		}
		type fixed struct {
			SendMSS, RecvMSS, PathMTU, Cwnd, SSThresh, AdvMSS, SegsOut, SegsIn, Delivered, SendWindow, RecvWindow uint32
			PacingRate, BytesAcked, BytesReceived, BytesSent, DeliveryRate                                        uint64
			RTT, RTTVar, RTO                                                                                      int64
			Options                                                                                               uint8
		}
		i := &s.Info
		got := fixed{i.SendMSS, i.RecvMSS, i.PathMTU, i.SendCwnd, i.SendSSThresh, i.AdvertMSS, i.SegsOut, i.SegsIn, i.Delivered, i.SendWindow, i.RecvWindow,
			i.PacingRate, i.BytesAcked, i.BytesReceived, i.BytesSent, i.DeliveryRate,
			i.RTT.Microseconds(), i.RTTVariance.Microseconds(), i.RTO.Microseconds(), i.Options}
		want := fixed{info.Snd_mss, info.Rcv_mss, info.Pmtu, info.Snd_cwnd, info.Snd_ssthresh, info.Advmss, info.Segs_out, info.Segs_in, info.Delivered, info.Snd_wnd, info.Rcv_wnd,
			info.Pacing_rate, info.Bytes_acked, info.Bytes_received, info.Bytes_sent, info.Delivery_rate,
			int64(info.Rtt), int64(info.Rttvar), int64(info.Rto), info.Options}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-getsockopt +dump):\n%s", s.ID, diff)
		}
		compared++
	}
	if compared < 8 {
		t.Errorf("compared %d sockets, want at least 8", compared)
	}
}
