package conn

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func listen(netns uint64, addr string, queue, limit uint32) Connection {
	c := Connection{
		NetNS: NetNS{Inode: netns}, State: StateListen, Family: IPv4, Local: netip.MustParseAddrPort(addr),
		RecvQueue: queue, SendQueue: limit,
	}
	if c.Local.Addr().Is6() {
		c.Family = IPv6
	}
	return c
}

func TestListeners(t *testing.T) {
	t.Parallel()
	s := whole(
		listen(hostNS, "0.0.0.0:80", 2, 128),
		listen(hostNS, "10.0.0.1:80", 0, 128),
		listen(hostNS, "[::]:443", 129, 128),
		listen(hostNS, "127.0.0.1:8080", 128, 128), // one more fits
		listen(hostNS, "127.0.0.1:8080", 0, 128),
		listen(podNS, "0.0.0.0:80", 0, 4096),
		end(hostNS, 1, StateEstablished, "10.0.0.1:80", "192.0.2.7:1"),
		end(hostNS, 2, StateEstablished, "10.0.0.9:80", "192.0.2.7:1"),
		end(hostNS, 3, StateTimeWait, "10.0.0.9:80", "192.0.2.7:2"),
		end(hostNS, 4, StateSynRecv, "[::ffff:10.0.0.9]:443", "[::ffff:192.0.2.7]:2"),
		end(hostNS, 5, StateEstablished, "127.0.0.1:8080", "127.0.0.1:3"),
		end(podNS, 6, StateCloseWait, "10.0.0.1:80", "192.0.2.7:1"),
		end(hostNS, 7, StateEstablished, "10.0.0.1:40000", "192.0.2.7:80"), // went out
	)
	in := func(states ...State) (counts [MaxState + 1]int) {
		for _, state := range states {
			counts[state]++
		}
		return counts
	}
	want := []Listener{
		{Row: 0, Queue: 2, Limit: 128, Shared: 1, ByState: in(StateEstablished, StateTimeWait)},
		{Row: 1, Limit: 128, Shared: 1, ByState: in(StateEstablished)},
		{Row: 2, Queue: 129, Limit: 128, Shared: 1, ByState: in(StateSynRecv)},
		{Row: 3, Queue: 128, Limit: 128, Shared: 2, ByState: in(StateEstablished)},
		{Row: 4, Limit: 128, Shared: 2, ByState: in(StateEstablished)},
		{Row: 5, Limit: 4096, Shared: 1, ByState: in(StateCloseWait)},
	}
	got := Listeners(s)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, full := range []bool{false, false, true, false, false, false} {
		if got[i].Full() != full {
			t.Errorf("listener %d full: %v, want %v", i, got[i].Full(), full)
		}
	}
	if got := Listeners(whole()); got != nil {
		t.Errorf("no listeners: %v", got)
	}
}

func TestMarkFullQueues(t *testing.T) {
	t.Parallel()
	handshake := end(hostNS, 1, StateSynRecv, "10.0.0.1:80", "192.0.2.7:1")
	for _, tt := range []struct {
		name      string
		listeners []Connection
		want      bool
	}{
		{"full", []Connection{listen(hostNS, "0.0.0.0:80", 129, 128)}, true},
		{"one more fits", []Connection{listen(hostNS, "0.0.0.0:80", 128, 128)}, false},
		{"another port is full", []Connection{listen(hostNS, "0.0.0.0:80", 0, 128), listen(hostNS, "0.0.0.0:81", 129, 128)}, false},
		{"the same port of another namespace is full", []Connection{listen(hostNS, "0.0.0.0:80", 0, 128), listen(podNS, "0.0.0.0:80", 129, 128)}, false},
		{"one of two that share is full", []Connection{listen(hostNS, "0.0.0.0:80", 129, 128), listen(hostNS, "0.0.0.0:80", 0, 128)}, false},
		{"its own is full, the one at any address is not", []Connection{listen(hostNS, "0.0.0.0:80", 0, 128), listen(hostNS, "10.0.0.1:80", 129, 128)}, true},
		{"nobody listens", nil, false},
	} {
		s := whole(append(tt.listeners, handshake)...)
		MarkFullQueues(s)
		if got := s.Connections[len(tt.listeners)].QueueFull; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
