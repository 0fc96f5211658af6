package conn

import (
	"testing"
)

func TestMeasures(t *testing.T) {
	t.Parallel()
	on := Keepalive{State: KeepaliveOn, Source: SourceRead, Params: Params{Idle: 300 * sec}}
	off, inferred := on, on
	off.State = KeepaliveOff
	inferred.Source = SourceInferred
	times := nanoseconds
	for _, tt := range []struct {
		name  string
		of    func(*Connection) (int64, bool)
		c     Connection
		want  int64
		known bool
	}{
		{"idle, on and read", times((*Connection).KeepIdle), Connection{Keepalive: on}, int64(300 * sec), true},
		{"idle, off", times((*Connection).KeepIdle), Connection{Keepalive: off}, 0, false},
		{"idle, inferred", times((*Connection).KeepIdle), Connection{Keepalive: inferred}, 0, false},
		{"round trip", times((*Connection).RTT), Connection{TCP: TCP{Known: TCPBase, RTT: 49}}, 49, true},
		{"round trip, no sample", times((*Connection).RTT), Connection{TCP: TCP{Known: TCPBase}}, 0, false},
		{"round trip, no tcp_info", times((*Connection).RTT), Connection{TCP: TCP{RTT: 49}}, 0, false},
		{"retransmitted", count((*Connection).Retransmitted), Connection{State: StateEstablished, TCP: TCP{Known: TCPBase, TotalRetrans: 3}}, 3, true},
		{"nothing retransmitted", count((*Connection).Retransmitted), Connection{State: StateSynSent, TCP: TCP{Known: TCPBase}}, 0, true},
		{"retransmitted, no tcp_info", count((*Connection).Retransmitted), Connection{State: StateTimeWait}, 0, false},
		{"retransmitted, a listener", count((*Connection).Retransmitted), Connection{State: StateListen, TCP: TCP{Known: TCPBase}}, 0, false},
		{"unacknowledged", count((*Connection).Unacknowledged), Connection{State: StateEstablished, SendQueue: 9}, 9, true},
		{"unacknowledged, a listener", count((*Connection).Unacknowledged), Connection{State: StateListen, SendQueue: 4096}, 0, false},
	} {
		got, known := tt.of(&tt.c)
		if known != tt.known || known && got != tt.want {
			t.Errorf("%s: %d, %v, want %d, %v", tt.name, got, known, tt.want, tt.known)
		}
	}
}

func TestStateNames(t *testing.T) {
	t.Parallel()
	names := StateNames()
	if len(names) != int(MaxState) {
		t.Errorf("%d names for %d states", len(names), MaxState)
	}
	for i, name := range names {
		if s, ok := ParseState(name); !ok || s != StateEstablished+State(i) {
			t.Errorf("%q reads as %v, %v", name, s, ok)
		}
	}
	names[0] = "changed"
	if StateEstablished.String() != "ESTABLISHED" {
		t.Error("the list of names is not a copy")
	}
}
