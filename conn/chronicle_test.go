package conn

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// chroniclePoll is a poll, with the reports that came before it.
type chroniclePoll struct {
	at      time.Duration // since the poll before; 0: two seconds
	conns   []Connection
	reports []Destroyed
	partial bool
	final   bool
	killed  []ID
	held    bool // by its program, whatever is gone
}

// played are the lines of what a Chronicle tells: poll, kind, cookie, cause,
// source, number of owners.
func played(polls []chroniclePoll) []string {
	var c Chronicle
	var lines []string
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i, p := range polls {
		if p.at == 0 {
			p.at = 2 * sec
		}
		now = now.Add(p.at)
		s := whole(slices.Clone(p.conns)...)
		s.At, s.Narrowed = now, p.partial
		s.Namespaces[0].Sysctls = Sysctls{Retries2: 15, Known: true}
		reports := slices.Clone(p.reports)
		for j := range reports {
			reports[j].At = now.Add(-p.at / 2)
		}
		c.Killed(p.killed...)
		c.Held, c.Final = func(*Connection) bool { return p.held }, p.final
		for _, e := range c.Observe(s, reports) {
			lines = append(lines, fmt.Sprintf("%d: %v %d %v %v %d", i, e.Kind, e.Connection.Cookie, e.Cause, e.Source, len(e.Connection.Owners)))
		}
	}
	return lines
}

// TestChronicle plays polls and holds what is told against the list.
func TestChronicle(t *testing.T) {
	t.Parallel()
	is := func(cookie uint64, s State) Connection {
		c := end(hostNS, cookie, s, fmt.Sprintf("10.0.0.1:%d", 40000+cookie), "10.0.0.2:80")
		c.Owners = []Owner{{PID: 7, Name: "java"}}
		return c
	}
	estab := func(cookie uint64) Connection { return is(cookie, StateEstablished) }
	probing := estab(1)
	probing.Keepalive = Keepalive{State: KeepaliveOn, Source: SourceRead, Params: params(300, 30, 3)}
	probing.Timer = Timer{Kind: TimerKeepalive, Retries: 3}
	guarded := estab(1)
	guarded.Keepalive = probing.Keepalive
	again := guarded
	again.SeenFor = time.Hour
	timeWait := is(1, StateTimeWait)
	timeWait.Timer, timeWait.TCP, timeWait.Owners = Timer{Kind: TimerTimeWait, Expires: time.Minute}, TCP{}, nil
	older := timeWait // of a kernel that gives it a cookie of its own
	older.Cookie = 99
	met := estab(2)
	met.SeenFor = time.Hour
	listener := is(3, StateListen)
	listener.Remote = netip.MustParseAddrPort("0.0.0.0:0")

	dead := func(cookie uint64, change func(*TCP)) Destroyed {
		c := is(cookie, StateClose)
		c.Owners, c.Inode = nil, 0
		c.TCP = TCP{Known: TCPBase | TCPBytes | TCPBytesSent | TCPSegments, BytesSent: 10, BytesAcked: 12, SegsIn: 4}
		if change != nil {
			change(&c.TCP)
		}
		return Destroyed{Connection: c}
	}
	ofKeepalive := func(t *TCP) { t.Probes, t.LastAckRecv = 3, 390*sec }
	wiped := func(cookie uint64) Destroyed {
		c := end(hostNS, cookie, StateClose, fmt.Sprintf("0.0.0.0:%d", 40000+cookie), "10.0.0.2:0")
		c.TCP = TCP{Known: TCPBase | TCPBytes | TCPBytesSent | TCPSegments}
		return Destroyed{Connection: c}
	}

	there, gone := chroniclePoll{conns: []Connection{guarded}}, chroniclePoll{}
	held := chroniclePoll{held: true}
	reported := chroniclePoll{reports: []Destroyed{dead(1, nil)}}
	soon := 100 * time.Millisecond
	polls := func(p ...chroniclePoll) []chroniclePoll { return p }
	for _, tt := range []struct {
		name  string
		polls []chroniclePoll
		want  []string
	}{
		{"what was there at first has not just opened", polls(there), nil},
		{"opened", polls(gone, there), []string{"1: opened 1 unknown unknown 1"}},
		{"a handshake is no opening", polls(gone, chroniclePoll{conns: []Connection{is(1, StateSynRecv)}}, there), []string{"2: opened 1 unknown unknown 1"}},
		{"neither is a listener", polls(gone, chroniclePoll{conns: []Connection{listener}}, gone, gone), nil},
		{"nor TIME-WAIT, whose end is none", polls(gone, chroniclePoll{conns: []Connection{timeWait}}, gone, gone), nil},
		{"missing in one dump: no opening", polls(gone, chroniclePoll{conns: []Connection{met}}), nil},
		{"closed first here", polls(there, chroniclePoll{conns: []Connection{timeWait}}, gone), []string{"1: closed 1 closed read 1"}},
		{"closed first here, on an older kernel", polls(there, chroniclePoll{conns: []Connection{older}}, gone), []string{"1: closed 1 closed read 1"}},
		{
			"the report beside its TIME-WAIT is told as what was known",
			polls(there, chroniclePoll{conns: []Connection{timeWait}, reports: []Destroyed{dead(1, nil)}}, gone),
			[]string{"1: closed 1 closed read 1"},
		},
		{
			"TIME-WAIT alone is left of what no dump held",
			polls(gone, chroniclePoll{conns: []Connection{timeWait}, reports: []Destroyed{dead(1, func(t *TCP) { t.BytesAcked = 11 })}}, gone),
			[]string{"1: closed 1 closed read 0"},
		},
		{"died while probes were out", polls(chroniclePoll{conns: []Connection{probing}}, gone), []string{"1: died 1 keepalive-timeout inferred 1"}},
		{
			"the report names process and peer of what was known",
			polls(chroniclePoll{conns: []Connection{probing}}, chroniclePoll{reports: []Destroyed{dead(1, ofKeepalive)}}, gone),
			[]string{"1: died 1 keepalive-timeout read 1"},
		},
		{
			"the report comes before the dump is over",
			polls(chroniclePoll{conns: []Connection{probing}}, chroniclePoll{conns: []Connection{probing}, reports: []Destroyed{dead(1, ofKeepalive)}}, gone),
			[]string{"1: died 1 keepalive-timeout read 1"},
		},
		{
			"the report comes when the program lets go, much later",
			polls(chroniclePoll{conns: []Connection{probing}}, gone, gone, chroniclePoll{reports: []Destroyed{dead(1, ofKeepalive)}}),
			[]string{"1: died 1 keepalive-timeout inferred 1"},
		},
		{
			"opened and closed between two polls: nobody knows whose it was",
			polls(gone, chroniclePoll{reports: []Destroyed{dead(4, nil)}}, gone),
			[]string{"1: closed 4 closed read 0"},
		},
		{"a listener is closed", polls(chroniclePoll{conns: []Connection{listener}}, chroniclePoll{reports: []Destroyed{wiped(3)}}, gone), nil},

		// The report of what its own program has aborted is wiped: the cookie tells.
		{"aborted", polls(there, chroniclePoll{reports: []Destroyed{wiped(1)}}, gone), []string{"1: died 1 reset read 1"}},
		{"aborted during the dump", polls(gone, chroniclePoll{conns: []Connection{again}, reports: []Destroyed{wiped(1)}}, gone), []string{"1: died 1 reset read 1"}},
		{"aborted, the report is late", polls(there, gone, chroniclePoll{reports: []Destroyed{wiped(1)}}, gone), []string{"2: died 1 reset read 1"}},
		{"aborted between two polls, or never connected", polls(gone, chroniclePoll{reports: []Destroyed{wiped(5)}}), nil},

		// Without a report and without a cause that shows.
		{"gone: told by the second poll that lacks it", polls(there, gone, gone, gone), []string{"2: closed 1 unknown inferred 1"}},
		{"its program holds it: nobody has closed it", polls(there, held, held, held), []string{"2: died 1 reset inferred 1"}},
		{"its program lets go, the report is on its way", polls(there, held, chroniclePoll{at: soon}, chroniclePoll{at: soon, reports: []Destroyed{wiped(1)}}), []string{"3: died 1 reset read 1"}},
		{"its program lets go, no report comes", polls(there, held, gone, gone), []string{"3: died 1 reset inferred 1"}},
		{"polled fast: the report has its time", polls(there, chroniclePoll{at: soon}, chroniclePoll{at: soon}, chroniclePoll{at: soon}, reported), []string{"4: closed 1 closed read 1"}},
		{"polled fast: its time is over", polls(there, chroniclePoll{at: soon}, chroniclePoll{at: soon}, gone), []string{"3: closed 1 unknown inferred 1"}},
		{"polled slowly: a report is a poll late", polls(there, chroniclePoll{at: 10 * sec}, chroniclePoll{at: 10 * sec, reports: []Destroyed{dead(1, nil)}}), []string{"2: closed 1 closed read 1"}},
		{"polled slowly: no report", polls(there, chroniclePoll{at: 10 * sec}, chroniclePoll{at: 10 * sec}), []string{"2: closed 1 unknown inferred 1"}},
		{"polled slowly: held, long enough for no timeout", polls(there, chroniclePoll{at: 10 * sec, held: true}, chroniclePoll{at: 10 * sec, held: true}), []string{"2: died 1 reset inferred 1"}},
		{"the report comes after it was told", polls(there, gone, gone, reported), []string{"2: closed 1 unknown inferred 1"}},
		{"a dump had only missed it", polls(there, gone, chroniclePoll{conns: []Connection{again}}, chroniclePoll{conns: []Connection{again}}), nil},
		{
			"told to have died, and met again: its end is still to come",
			polls(chroniclePoll{conns: []Connection{probing}}, gone, chroniclePoll{conns: []Connection{again}}, reported),
			[]string{"1: died 1 keepalive-timeout inferred 1", "3: closed 1 closed read 1"},
		},
		{"a partial dump says nothing of it", polls(there, gone, chroniclePoll{partial: true}, gone), []string{"3: closed 1 unknown inferred 1"}},
		{"no poll follows: nothing is left open", polls(there, chroniclePoll{final: true}), []string{"1: closed 1 unknown inferred 1"}},
		{"no poll follows: what was open is told", polls(there, gone, chroniclePoll{final: true, partial: true}), []string{"2: closed 1 unknown inferred 1"}},

		{
			"a narrowed snapshot tells reports alone",
			polls(chroniclePoll{conns: []Connection{estab(1), met}}, chroniclePoll{partial: true, reports: []Destroyed{dead(1, nil)}}, chroniclePoll{conns: []Connection{met}}),
			[]string{"1: closed 1 closed read 1"},
		},
		{"what an interrupted dump lacks is not gone", polls(there, chroniclePoll{partial: true}, there), nil},
		{
			"killed by katop, reported",
			polls(there, chroniclePoll{killed: []ID{{hostNS, 1}}, reports: []Destroyed{dead(1, nil)}}, gone),
			[]string{"1: died 1 killed read 1"},
		},
		{
			"killed by katop, not reported: that waits for nothing",
			polls(there, chroniclePoll{killed: []ID{{hostNS, 1}}, conns: []Connection{guarded}}, gone),
			[]string{"2: died 1 killed read 1"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, played(tt.polls)); diff != "" {
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
