package cli

import (
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	params := func(idle, interval time.Duration, count int) conn.Params {
		return conn.Params{Idle: idle * time.Second, Interval: interval * time.Second, Count: count}
	}
	tests := []struct {
		args string
		want conn.Setting
	}{
		{"on", conn.Setting{State: conn.KeepaliveOn}},
		{"off", conn.Setting{State: conn.KeepaliveOff}},
		{"on --profile mobile", conn.Setting{State: conn.KeepaliveOn, Params: params(120, 15, 5)}},
		{"on --params 30m::10", conn.Setting{State: conn.KeepaliveOn, Params: params(1800, 0, 10)}},
		{"off --user-timeout off", conn.Setting{State: conn.KeepaliveOff, SetUserTimeout: true}},
		{"set --profile general", conn.Setting{State: conn.KeepaliveOn, Params: params(300, 30, 3)}},
		{"set --profile kernel", conn.Setting{State: conn.KeepaliveOn, Params: params(600, 60, 6)}},
		{"set --params ::4", conn.Setting{Params: params(0, 0, 4)}},
		{"set --user-timeout 1500ms", conn.Setting{SetUserTimeout: true, UserTimeout: 1500 * time.Millisecond}},
		{"set --profile realtime --user-timeout 0", conn.Setting{State: conn.KeepaliveOn, Params: params(60, 10, 3), SetUserTimeout: true}},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			s := host()
			s.Namespaces = []conn.Namespace{
				{NetNS: conn.NetNS{Inode: 2}, Sysctls: conn.Sysctls{Known: true, Keepalive: params(1, 1, 1)}},
				{NetNS: conn.NetNS{Inode: 1}, Sysctls: conn.Sysctls{Known: true, Keepalive: params(600, 60, 6)}},
			}
			control := &fakeController{}
			r := invocation{args: "keepalive " + tt.args + " proc:java --yes", snapshot: s}.run(t, control)
			if r.code != 0 || r.stderr != "" {
				t.Fatalf("exit code %d, stderr %q", r.code, r.stderr)
			}
			if diff := cmp.Diff([]conn.Setting{tt.want}, control.settings); diff != "" {
				t.Errorf("setting (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKernelProfileNeedsSysctls(t *testing.T) {
	t.Parallel()
	control := &fakeController{}
	r := invocation{args: "keepalive on --profile kernel proc:java --yes"}.run(t, control)
	const want = "katop: profile \"kernel\": the sysctls of the namespace are not known: use --params\n"
	if r.code != 1 || r.stderr != want || len(control.acted()) > 0 {
		t.Errorf("exit code %d, stderr %q, acts %q", r.code, r.stderr, control.acted())
	}
}

// TestActingUsage holds that a mistake is found before the kernel is asked or
// anything is healed.
func TestActingUsage(t *testing.T) {
	t.Parallel()
	const noFilter = "no filter: say which connections, or --all for every one; see katop "
	tests := []struct{ args, want string }{
		{"keepalive", "katop keepalive is followed by on, off or set"},
		{"keepalive proc:java", `katop keepalive is followed by on, off or set, not "proc:java"`},
		{"keepalive on --yes", noFilter + "keepalive on --help"},
		{"keepalive off --yes", noFilter + "keepalive off --help"},
		{"keepalive set --profile general --yes", noFilter + "keepalive set --help"},
		{"probe", noFilter + "probe --help"},
		{"kill --yes", noFilter + "kill --help"},
		{"kill --all proc:java --yes", `--all is every connection and "proc:java" is some: give one of them`},
		{"kill prot:java --yes", `filter "prot:java": unknown field "prot" at column 1: did you mean "proc" or "port"?`},
		{"kill -proc:java --yes", `unknown shorthand flag: 'p' in -proc:java; a filter term that begins with "-" goes behind "--", as in katop kill -- -state:listen`},
		{"keepalive set proc:java --yes", "nothing to change: name on or off, parameters, a profile or a user timeout"},
		{"keepalive set --profile genral proc:java", `invalid argument "genral" for "--profile" flag: it is one of general, mobile, realtime, kernel; see katop keepalive set --help`},
		{"keepalive on --params 5:5 proc:java", `keepalive parameters "5:5": write idle:interval:count, as 300:30:3, or 30m::10 to leave a part as it is`},
		{"keepalive on --params ::200 proc:java", `keepalive parameters "::200": count 200 is not within 1 to 127`},
		{"keepalive on --profile mobile --params ::2 proc:java", "--profile mobile has all parameters already: give it or --params"},
		{"keepalive off --profile mobile proc:java", "unknown flag: --profile; see katop keepalive off --help"},
		{"keepalive on --user-timeout soon proc:java", `user timeout "soon" is no time (write 90, 90s, 1500ms or off)`},
		{"probe proc:java --timeout 0s", "--timeout 0s: it is more than 0"},
		{"undo A", `katop undo takes no argument, got "A"`},
		{"journal A", `katop journal takes no argument, got "A"`},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			control := &fakeController{}
			r := invocation{args: tt.args, asked: true}.run(t, control)
			if diff := cmp.Diff("katop: "+tt.want+"\n", r.stderr); diff != "" || r.code != 2 {
				t.Errorf("exit code %d, stderr (-want +got):\n%s", r.code, diff)
			}
			if len(control.calls) > 0 || len(r.source.wants) > 0 || r.stdout != "" {
				t.Errorf("it went on: calls %q, %d polls, stdout %q", control.calls, len(r.source.wants), r.stdout)
			}
		})
	}
}

// crowd is a host with a socket in every state.
func crowd() *conn.Snapshot {
	s := &conn.Snapshot{}
	for state := conn.StateEstablished; state <= conn.MaxState; state++ {
		c := host().Connections[0]
		c.Cookie, c.State = uint64(state), state
		c.Remote = netip.AddrPortFrom(c.Remote.Addr(), uint16(state))
		c.Owners = []conn.Owner{{PID: 1, FD: 3, Name: state.Short()}}
		if state == conn.StateTimeWait || state == conn.StateSynRecv {
			c.Owners, c.Inode = nil, 0
		}
		s.Connections = append(s.Connections, c)
	}
	orphan := s.Connections[conn.StateFinWait1-1]
	orphan.Owners, orphan.Inode, orphan.Cookie = nil, 0, 100
	s.Connections = append(s.Connections, orphan)
	return s
}

// TestTargets holds which states are meant without a word, and that naming one
// means it. What is left out is said.
func TestTargets(t *testing.T) {
	t.Parallel()
	tests := []struct{ args, want, says string }{
		{"keepalive off --all --yes", "CLOSE-W CLOSING ESTAB FIN-W-1 FIN-W-2 LAST-ACK",
			"6 of 12 are meant; left out: 1 SYN-SENT, 1 SYN-RECV, 1 FIN-WAIT-1, 1 TIME-WAIT, 1 CLOSE, 1 LISTEN"},
		{"probe --all", "CLOSE-W CLOSING ESTAB FIN-W-1 FIN-W-2 LAST-ACK", "6 of 12 are meant"},
		{"kill --all --yes", "- CLOSE-W CLOSING ESTAB FIN-W-1 FIN-W-2 LAST-ACK SYN-SENT",
			"8 of 12 are meant; left out: 1 SYN-RECV, 1 TIME-WAIT, 1 CLOSE, 1 LISTEN"},
		{"keepalive off state:listen --yes", "LISTEN", ""},
		{"keepalive off STATE:estab|LISTEN --yes", "ESTAB LISTEN", ""},
		{"kill state:time-wait --yes", "-", ""},
		{"kill --yes -- -state:estab", "- CLOSE-W CLOSING FIN-W-1 FIN-W-2 LAST-ACK SYN-SENT", "7 of 11 are meant"},
		{"kill :443 --yes", "- CLOSE-W CLOSING ESTAB FIN-W-1 FIN-W-2 LAST-ACK SYN-SENT", "8 of 12 are meant"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			control := &fakeController{}
			r := invocation{args: tt.args, snapshot: crowd()}.run(t, control)
			if len(control.acted()) != 1 {
				t.Fatalf("acts %q, stderr %q", control.acted(), r.stderr)
			}
			_, got, _ := strings.Cut(control.acted()[0], " ")
			if diff := cmp.Diff(tt.want, sorted(got)); diff != "" {
				t.Errorf("targets (-want +got):\n%s", diff)
			}
			if tt.says == "" && r.stderr != "" || !strings.Contains(r.stderr, tt.says) {
				t.Errorf("stderr %q, want %q", r.stderr, tt.says)
			}
		})
	}
}

func TestNothingMatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ args, want string }{
		{"keepalive on proc:nobody --yes", "katop: no connection matches\n"},
		{"kill proc:nobody --yes", "katop: no connection matches\n"},
		{"probe proc:LISTEN", "katop: no connection matches; left out: 1 LISTEN (listeners, stubs and orphans are meant only where the filter names their state, as state:listen)\n"},
	} {
		control := &fakeController{}
		r := invocation{args: tt.args, snapshot: crowd()}.run(t, control)
		if r.code != 1 || r.stderr != tt.want || r.stdout != "" || len(control.acted()) > 0 {
			t.Errorf("%s: exit code %d, stderr %q, acts %q", tt.args, r.code, r.stderr, control.acted())
		}
	}
}

// Who has said yes pays nothing for the list that others are shown.
func TestPlanIsForThoseWhoAsk(t *testing.T) {
	const n, each = 1000, 64 // bytes
	found := make([]conn.Connection, n)
	for i := range found {
		found[i] = host().Connections[i%3]
	}
	setting := conn.Setting{State: conn.KeepaliveOn}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p := planKeepalive(found, setting)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > n*each {
		t.Errorf("a plan for %d connections took %d bytes, want %d at most", n, took, n*each)
	}
	if results := p.results(); len(results) != n || p.due() != n || results[n-1].After.State != conn.KeepaliveOn {
		t.Errorf("%d results, %d due; want all of %d", len(results), p.due(), n)
	}
}
