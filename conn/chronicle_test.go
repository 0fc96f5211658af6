package conn

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestChronicle plays polls, each with the reports that came before it, and
// holds what is told against the list.
func TestChronicle(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	is := func(cookie uint64, s State) Connection {
		c := end(hostNS, cookie, s, fmt.Sprintf("10.0.0.1:%d", 40000+cookie), "10.0.0.2:80")
		c.Owners = []Owner{{PID: 7, Name: "java"}}
		return c
	}
	estab := func(cookie uint64) Connection { return is(cookie, StateEstablished) }
	probing := estab(1)
	probing.Keepalive = Keepalive{State: KeepaliveOn, Source: SourceRead, Params: params(300, 30, 3)}
	probing.Timer = Timer{Kind: TimerKeepalive, Retries: 3}
	timeWait := is(1, StateTimeWait)
	timeWait.Cookie, timeWait.Timer, timeWait.TCP = 99, Timer{Kind: TimerTimeWait, Expires: time.Minute}, TCP{}
	met := estab(2)
	met.SeenFor = time.Hour
	listener := is(3, StateListen)

	dead := func(cookie uint64, change func(*TCP)) Destroyed {
		c := is(cookie, StateClose)
		c.Owners, c.Inode = nil, 0
		c.TCP = TCP{Known: TCPBase | TCPBytes | TCPBytesSent, BytesSent: 10, BytesAcked: 12}
		if change != nil {
			change(&c.TCP)
		}
		return Destroyed{Connection: c}
	}
	ofKeepalive := func(t *TCP) { t.Probes = 3 }
	unconnected := dead(5, nil)
	unconnected.Connection.Remote = is(5, StateListen).Remote
	unconnected.Connection.Remote = end(hostNS, 5, StateClose, "10.0.0.1:1", "0.0.0.0:0").Remote

	type poll struct {
		conns   []Connection
		reports []Destroyed
		partial bool
		killed  []ID
	}
	polls := func(p ...poll) []poll { return p }
	for _, tt := range []struct {
		name  string
		polls []poll
		want  []string // poll: kind, cookie, cause, source, owners
	}{
		{"what was there at first has not just opened", polls(poll{conns: []Connection{estab(1)}}), nil},
		{"opened", polls(poll{}, poll{conns: []Connection{estab(1)}}), []string{"1: opened 1 unknown unknown 1"}},
		{"a handshake is no opening", polls(poll{}, poll{conns: []Connection{is(1, StateSynRecv)}}, poll{conns: []Connection{estab(1)}}), []string{"2: opened 1 unknown unknown 1"}},
		{"neither is a listener", polls(poll{}, poll{conns: []Connection{listener}}, poll{}), nil},
		{"nor TIME-WAIT, whose end is none", polls(poll{}, poll{conns: []Connection{timeWait}}, poll{}), nil},
		{"missing in one dump: no opening", polls(poll{}, poll{conns: []Connection{met}}), nil},
		{"closed first here", polls(poll{conns: []Connection{estab(1)}}, poll{conns: []Connection{timeWait}}), []string{"1: closed 1 closed inferred 1"}},
		{"gone without a trace", polls(poll{conns: []Connection{estab(1)}}, poll{}), []string{"1: closed 1 unknown inferred 1"}},
		{"died while probes were out", polls(poll{conns: []Connection{probing}}, poll{}), []string{"1: died 1 keepalive-timeout inferred 1"}},
		{
			"the report names process and peer of what was known",
			polls(poll{conns: []Connection{probing}}, poll{reports: []Destroyed{dead(1, ofKeepalive)}}),
			[]string{"1: died 1 keepalive-timeout read 1"},
		},
		{
			"the report comes before the dump is over",
			polls(poll{conns: []Connection{probing}}, poll{conns: []Connection{probing}, reports: []Destroyed{dead(1, ofKeepalive)}}, poll{}),
			[]string{"1: died 1 keepalive-timeout read 1"},
		},
		{
			"the report comes when the program lets go, much later",
			polls(poll{conns: []Connection{probing}}, poll{}, poll{}, poll{reports: []Destroyed{dead(1, ofKeepalive)}}),
			[]string{"1: died 1 keepalive-timeout inferred 1"},
		},
		{
			"opened and closed between two polls: nobody knows whose it was",
			polls(poll{}, poll{reports: []Destroyed{dead(4, nil)}}, poll{}),
			[]string{"1: closed 4 closed read 0"},
		},
		{"a socket that never was connected", polls(poll{}, poll{reports: []Destroyed{unconnected}}), nil},
		{
			"a narrowed snapshot tells reports alone",
			polls(poll{conns: []Connection{estab(1), estab(2)}}, poll{partial: true, reports: []Destroyed{dead(1, nil)}}, poll{conns: []Connection{estab(2)}}),
			[]string{"1: closed 1 closed read 1"},
		},
		{"what an interrupted dump lacks is not gone", polls(poll{conns: []Connection{estab(1)}}, poll{partial: true}, poll{conns: []Connection{estab(1)}}), nil},
		{
			"killed by katop, reported",
			polls(poll{conns: []Connection{estab(1)}}, poll{killed: []ID{{hostNS, 1}}, reports: []Destroyed{dead(1, nil)}}, poll{}),
			[]string{"1: died 1 killed read 1"},
		},
		{
			"killed by katop, not reported",
			polls(poll{conns: []Connection{estab(1)}}, poll{killed: []ID{{hostNS, 1}}, conns: []Connection{estab(1)}}, poll{}),
			[]string{"2: died 1 killed read 1"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c Chronicle
			var got []string
			for i, p := range tt.polls {
				s := whole(p.conns...)
				s.At, s.Narrowed = begin.Add(time.Duration(i)*2*sec), p.partial
				for j := range p.reports {
					p.reports[j].At = s.At.Add(-sec)
				}
				c.Killed(p.killed...)
				for _, e := range c.Observe(s, p.reports) {
					got = append(got, fmt.Sprintf("%d: %v %d %v %v %d", i, e.Kind, e.Connection.Cookie, e.Cause, e.Source, len(e.Connection.Owners)))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestChronicleHears holds what follows where the kernel's reports are heard:
// what is gone without one is held by its program still.
func TestChronicleHears(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	one := end(hostNS, 1, StateEstablished, "10.0.0.1:40001", "10.0.0.2:80")
	one.Owners = []Owner{{PID: 7, Name: "java"}}
	one.Keepalive = Keepalive{State: KeepaliveOff, Source: SourceRead}
	closing := one
	closing.State = StateLastAck
	report := Destroyed{Connection: end(hostNS, 1, StateClose, "10.0.0.1:40001", "10.0.0.2:80")}
	report.Connection.TCP = TCP{Known: TCPBase | TCPBytes | TCPBytesSent, BytesSent: 10, BytesAcked: 12}
	type poll struct {
		conns   []Connection
		reports []Destroyed
	}
	there, gone, late := poll{conns: []Connection{one}}, poll{}, poll{reports: []Destroyed{report}}
	for _, tt := range []struct {
		name  string
		polls []poll
		want  []string
	}{
		{"no report: reset, told a poll later", []poll{there, gone, gone, gone}, []string{"2: died reset inferred java at poll 1"}},
		{"the report was on its way", []poll{there, gone, late, gone}, []string{"2: closed closed read java at poll 1"}},
		{"the report comes much later: told already", []poll{there, gone, gone, late}, []string{"2: died reset inferred java at poll 1"}},
		{"a dump had only missed it", []poll{there, gone, there, there}, nil},
		{"a cause that is known is told at once", []poll{{conns: []Connection{closing}}, gone, gone}, []string{"1: closed closed inferred java at poll 1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := Chronicle{Hears: true}
			var got []string
			for i, p := range tt.polls {
				s := whole(slices.Clone(p.conns)...)
				s.At = begin.Add(time.Duration(i) * 2 * sec)
				for j := range s.Connections {
					s.Connections[j].SeenFor = time.Hour
				}
				reports := slices.Clone(p.reports)
				for j := range reports {
					reports[j].At = s.At.Add(-2 * sec)
				}
				for _, e := range c.Observe(s, reports) {
					got = append(got, fmt.Sprintf("%d: %v %v %v %s at poll %d", i, e.Kind, e.Cause, e.Source, program(&e.Connection), e.At.Sub(begin)/(2*sec)))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestChronicleOrder holds that events come by time.
func TestChronicleOrder(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var c Chronicle
	first := whole(end(hostNS, 1, StateEstablished, "10.0.0.1:1", "10.0.0.2:80"))
	first.At = begin
	c.Observe(first, nil)
	next := whole(end(hostNS, 2, StateEstablished, "10.0.0.1:2", "10.0.0.2:80"))
	next.At = begin.Add(2 * sec)
	late := Destroyed{At: begin.Add(3 * sec), Connection: end(hostNS, 3, StateClose, "10.0.0.1:3", "10.0.0.2:80")}
	early := Destroyed{At: begin.Add(sec), Connection: end(hostNS, 1, StateClose, "10.0.0.1:1", "10.0.0.2:80")}
	var got []uint64
	for _, e := range c.Observe(next, []Destroyed{late, early}) {
		got = append(got, e.Connection.Cookie)
	}
	if diff := cmp.Diff([]uint64{1, 2, 3}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTold(t *testing.T) {
	t.Parallel()
	var told told
	if told.forget(ID{}) {
		t.Error("remembers what it never heard")
	}
	const n = 3 * toldLimit
	for i := range uint64(n) {
		told.add(ID{Cookie: i})
	}
	if kept := len(told.recent) + len(told.older); kept > 2*toldLimit {
		t.Errorf("remembers %d, want %d at most", kept, 2*toldLimit)
	}
	for _, tt := range []struct {
		cookie uint64
		want   bool
	}{{0, false}, {n - toldLimit, true}, {n - 1, true}, {n - 1, false}} {
		if got := told.forget(ID{Cookie: tt.cookie}); got != tt.want {
			t.Errorf("forget %d: %v, want %v", tt.cookie, got, tt.want)
		}
	}
}

func TestEventRing(t *testing.T) {
	t.Parallel()
	r := NewEventRing(3)
	add := func(cookies ...uint64) {
		for _, cookie := range cookies {
			r.Add(Event{Connection: Connection{Cookie: cookie}})
		}
	}
	for _, step := range []struct {
		add     []uint64
		want    []uint64
		dropped uint64
	}{
		{nil, nil, 0},
		{[]uint64{1, 2}, []uint64{1, 2}, 0},
		{[]uint64{3, 4}, []uint64{2, 3, 4}, 1},
		{[]uint64{5, 6, 7, 8}, []uint64{6, 7, 8}, 5},
	} {
		add(step.add...)
		var got []uint64
		for _, e := range r.Events(nil) {
			got = append(got, e.Connection.Cookie)
		}
		if diff := cmp.Diff(step.want, got); diff != "" || r.Dropped() != step.dropped || r.Len() != len(got) {
			t.Errorf("after %v: dropped %d of %d, want %d (-want +got):\n%s", step.add, r.Dropped(), r.Len(), step.dropped, diff)
		}
	}
}

// TestEventNamesReadBack holds that every name that is printed can be typed.
func TestEventNamesReadBack(t *testing.T) {
	t.Parallel()
	for i, name := range CauseNames() {
		if c, ok := ParseCause(name); !ok || c != Cause(i) || c.String() != name {
			t.Errorf("cause %q reads back as %v, %v", name, c, ok)
		}
	}
	for k := EventOpened; k <= EventDied; k++ {
		if back, ok := ParseEventKind(k.String()); !ok || back != k {
			t.Errorf("kind %q reads back as %v, %v", k, back, ok)
		}
	}
	if _, ok := ParseCause("murder"); ok {
		t.Error("a cause that there is not")
	}
	if _, ok := ParseEventKind("born"); ok {
		t.Error("a kind that there is not")
	}
}
