package conn

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// host is a handful of connections, by name, that differ in everything that a
// filter can ask for.
func host() map[string]Connection {
	full := TCPBase | TCPBytes | TCPBytesSent
	return map[string]Connection{
		"web": {
			NetNS: NetNS{Inode: 4026531840, Name: "host"}, Cookie: 1, Inode: 11, UID: 33, User: "www-data",
			Family: IPv4, State: StateEstablished, RemoteName: "client-a",
			Local: netip.MustParseAddrPort("10.0.0.5:443"), Remote: netip.MustParseAddrPort("10.9.4.7:51544"),
			Owners: []Owner{{PID: 8120, FD: 3, Name: "nginx"}, {PID: 8121, FD: 3, Name: "nginx"}}, Unit: "web.service",
			Timer: Timer{Kind: TimerKeepalive, Expires: 18 * sec, Retries: 1},
			Keepalive: Keepalive{
				State: KeepaliveOn, Source: SourceRead, Params: Params{Idle: 300 * sec, Interval: 30 * sec, Count: 3},
			},
			TCP: TCP{Known: full, LastDataRecv: 6 * time.Minute, LastAckRecv: 6 * time.Minute, BytesReceived: 1, BytesSent: 1, RTT: 12 * time.Millisecond},
		},
		"queue": {
			NetNS: NetNS{Inode: 4026532000, Name: "blue"}, Cookie: 2, Inode: 12, UID: 1000,
			Family: IPv6, State: StateEstablished,
			Local: netip.MustParseAddrPort("[::ffff:10.0.0.5]:41022"), Remote: netip.MustParseAddrPort("[::ffff:10.0.9.4]:9092"),
			Owners: []Owner{{PID: 2210, FD: 9, Name: "My App"}}, Unit: "queue.service",
			Keepalive: Keepalive{State: KeepaliveOff, Source: SourceRead},
			TCP:       TCP{Known: full, LastAckRecv: 41 * time.Minute, BytesSent: 1, RTT: 150 * time.Millisecond, TotalRetrans: 4},
			SendQueue: 10,
		},
		"timewait": {
			NetNS: NetNS{Inode: 4026531840, Name: "host"}, Cookie: 3, Family: IPv4, State: StateTimeWait,
			Local: netip.MustParseAddrPort("10.0.0.5:8080"), Remote: netip.MustParseAddrPort("192.0.2.1:40000"),
			Timer: Timer{Kind: TimerTimeWait, Expires: 30 * sec},
		},
		"listener": {
			NetNS: NetNS{Inode: 4026531840, Name: "host"}, Cookie: 4, Inode: 14, User: "root", Family: IPv6, State: StateListen,
			Local: netip.MustParseAddrPort("[2001:db8::5]:443"), Remote: netip.MustParseAddrPort("[::]:0"),
			Owners: []Owner{{PID: 8120, FD: 6, Name: "nginx"}}, Unit: "web.service",
			SendQueue: 4096, TCP: TCP{Known: full}, SeenOpen: true, SeenFor: 5 * sec,
		},
		"foreign": { // owned by somebody whose /proc/PID/fd may not be read
			NetNS: NetNS{Inode: 4026531840, Name: "host"}, Cookie: 5, Inode: 15, UID: 70, User: "postgres",
			Family: IPv6, State: StateCloseWait,
			Local: netip.MustParseAddrPort("[fe80::1]:5432"), Remote: netip.MustParseAddrPort("[2001:db8:1::9]:50000"),
			Timer: Timer{Kind: TimerZeroWindow, Expires: sec, Retries: 6},
		},
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	const all = "foreign listener queue timewait web"
	for _, tt := range []struct{ filter, want string }{
		{"", all},
		{" \t ", all},
		// Bare words.
		{"NGINX", "listener web"},
		{"nginx|app", "listener queue web"},
		{`"my app"`, "queue"},
		{"221", "queue"},        // PID
		{"10.0.9", "queue"},     // address, the IPv4-mapped too
		{"client-", "web"},      // host name
		{"queue.serv", "queue"}, // unit
		{"51544", ""},           // a port is not searched
		{"fe80::1", "foreign"},
		{"-nginx", "foreign queue timewait"},
		{`"-nginx"`, ""},
		{"nginx -client", "listener"},
		{"10.9.0.0/16", "web"},
		{"app|fe80::/10|192.0.2.1:40000", "foreign queue timewait"},
		{`foreign|"a:b"|c"=d"`, ""},
		{"10.0.0.5:443", "web"},
		{"[2001:db8::5]:443", "listener"},
		{"10.0.0.5:51544", ""}, // address and port of different ends
		// Ports.
		{":443", "listener web"},
		{":443|9092", "listener queue web"},
		{":443|:9092", "listener queue web"},
		{":40000-52000", "foreign queue timewait web"},
		{"port:443", "listener web"},
		{"lport:51544", ""},
		{"rport:51544", "web"},
		{"rport:1-65535", "foreign queue timewait web"}, // a listener has no remote port
		{"-port:443", "foreign queue timewait"},
		// Addresses.
		{"addr:10.0.0.5", "queue timewait web"},
		{"addr:::ffff:10.0.0.5", "queue timewait web"},
		{"addr:::ffff:10.0.0.0/112", "queue timewait web"},
		{"laddr:10.9.4.7", ""},
		{"raddr:10.9.4.7", "web"},
		{"raddr:10.0.0.0/8", "queue web"},
		{"addr:10.0.0.0/8|fe80::/10", "foreign queue timewait web"},
		{"raddr:192.0.2.1:40000", "timewait"},
		{"laddr:::/0", "foreign listener queue"},
		{"laddr:0.0.0.0/0", "queue timewait web"},
		// Names.
		{"proc:nginx", "listener web"},
		{"proc:GIN", "listener web"},
		{`proc:"my app"|nginx`, "listener queue web"},
		{"-proc:nginx", "queue timewait"}, // nobody knows whose "foreign" is
		{"-proc:absent|nginx", "queue timewait"},
		{"pid:8121", "web"},
		{"pid:812", ""},
		{"-pid:8121", "listener queue timewait"},
		{"user:WWW-data", "web"},
		{"user:1000", "queue"},
		{"user:root", "listener"}, // not the minisock with UID 0
		{"user:0", "listener"},
		{"-user:root", "foreign queue web"},
		{"unit:web", "listener web"},
		{"-unit:web", "queue timewait"},
		{"netns:blue", "queue"},
		{"netns:4026532000", "queue"},
		{"-netns:host", "queue"},
		{"netns:blu", ""},
		// Fixed lists.
		{"state:ESTABLISHED", "queue web"},
		{"state:estab", "queue web"},
		{"state:time_wait|Close-Wait", "foreign timewait"},
		{"-state:estab|listen", "foreign timewait"},
		{"ka:on", "web"},
		{"ka:OFF", "queue"},
		{"ka:unknown", "foreign listener timewait"},
		{"-ka:on", "foreign listener queue timewait"},
		{"timer:keepalive|zero-window", "foreign web"},
		{"timer:none", "listener queue"},
		{"verdict:unguarded", "queue"},
		{"severity:warning", "queue web"},
		{"severity>=notice", "foreign queue web"},
		{"severity=ok", "listener timewait"},
		{"-severity:ok|notice", "foreign queue web"},
		// Comparisons; what is not known never holds.
		{"silent>5m", "queue web"},
		{"silent>360", "queue"},
		{"silent>=360", "queue web"},
		{"silent<6m1s", "web"},
		{"silent=6m", "web"},
		{"-silent>10m", "web"},
		{"idle>299", "web"},
		{"idle<=300s", "web"},
		{"-idle>300", "web"}, // keepalive off has no idle time
		{"detects>15m", "queue"},
		{"detects<never", "web"},
		{"detects=never", "queue"},
		{"unanswered>0", "web"},
		{"-unanswered>0", ""}, // not the timers that hide the number
		{"left<3", "web"},
		{"left<2", ""},
		{"rtt>100", "queue"},
		{"rtt<12500us", "web"},
		{"-rtt>100ms", "web"},
		{"retrans>0", "queue"},
		{"-retrans>0", "web"},
		{"sendq>0", "queue"}, // not the limit of a listener's queue
		{"age<10s", "listener"},
		// All of them.
		{"nginx :443 -state:listen silent>5m", "web"},
	} {
		f, err := ParseFilter(tt.filter)
		if err != nil {
			t.Errorf("%q: %v", tt.filter, err)
			continue
		}
		var matched []string
		for name, c := range host() {
			if f.Match(&c) {
				matched = append(matched, name)
			}
		}
		slices.Sort(matched)
		if got := strings.Join(matched, " "); got != tt.want {
			t.Errorf("%q matches %q, want %q", tt.filter, got, tt.want)
		}
	}
}

// TestNegation holds every term against its negation: never do both hold, and
// where neither does the term asks for something that is not known.
func TestNegation(t *testing.T) {
	t.Parallel()
	s := plausible(500, 2)
	decided := []string{"nginx", ":443", "addr:10.0.0.0/8", "state:estab", "ka:on", "timer:none", "verdict:ok", "severity>ok", "netns:4026531840"}
	undecided := []string{"silent>5m", "idle>300", "detects>15m", "unanswered>0", "left<3", "rtt>100", "retrans>2", "sendq>0", "age<600", "proc:nginx", "pid:1001", "user:nginx", "unit:nginx"}
	for _, term := range slices.Concat(decided, undecided) {
		positive, negative := mustParse(t, term), mustParse(t, "-"+term)
		counts := map[[2]bool]int{}
		for i := range s.Connections {
			c := &s.Connections[i]
			counts[[2]bool{positive.Match(c), negative.Match(c)}]++
		}
		if n := counts[[2]bool{true, true}]; n > 0 {
			t.Errorf("%s and its negation both hold for %d connections", term, n)
		}
		if n := counts[[2]bool{false, false}]; (n > 0) == slices.Contains(decided, term) {
			t.Errorf("%s is undecided for %d connections", term, n)
		}
		if counts[[2]bool{true, false}] == 0 || counts[[2]bool{false, true}] == 0 {
			t.Errorf("%s does not tell connections apart: the test proves nothing: %v", term, counts)
		}
	}
}

func TestNoFilter(t *testing.T) {
	t.Parallel()
	c := host()["web"]
	var f *Filter
	if !f.Match(&c) || !f.Empty() || f.String() != "" || f.Narrow().States != AllStates {
		t.Error("a nil filter limits something")
	}
	if f := mustParse(t, "  "); !f.Empty() || !f.Match(&c) {
		t.Error("a blank filter limits something")
	}
	if f := mustParse(t, "nginx"); f.Empty() || f.String() != "nginx" {
		t.Error("a filter with a term is empty")
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	s := plausible(100, 3)
	f := mustParse(t, "-zzz|10.255 -proc:zzz -pid:9 -user:zzz -unit:zzz -netns:zzz -state:closing -port:9 -addr:9.9.9.9 "+
		"-timer:fin-wait -verdict:half-open -severity>critical -silent>9d")
	if n := testing.AllocsPerRun(10, func() {
		for i := range s.Connections {
			f.Match(&s.Connections[i])
		}
	}); n != 0 {
		t.Errorf("%v allocations for %d connections", n, len(s.Connections))
	}
}

func mustParse(t testing.TB, text string) *Filter {
	t.Helper()
	f, err := ParseFilter(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return f
}
