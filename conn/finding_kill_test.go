package conn

import (
	"strings"
	"testing"
	"time"
)

// checkKill holds that what is offered for killing is what the finding is about,
// and nothing else of the snapshot.
func checkKill(t *testing.T, s *Snapshot, f *Finding) {
	t.Helper()
	for _, r := range f.Remedies {
		_, words, offered := strings.Cut(r.Text, "\nkatop kill ")
		if !offered {
			continue
		}
		if words[0] == '\'' {
			words = strings.ReplaceAll(words[1:len(words)-1], `'\''`, "'")
		}
		filter, err := ParseFilter(words)
		if err != nil {
			t.Errorf("%s: katop kill %s: %v", f.Title, words, err)
			return
		}
		members := map[int32]bool{}
		for _, row := range f.Members {
			members[row] = true
		}
		for i := range s.Connections {
			c := &s.Connections[i]
			if member := members[int32(i)]; filter.Match(c) != member {
				t.Errorf("%s: katop kill %s: %v to %v of %v is a member: %v", f.Title, words, c.Local, c.Remote, c.Owners, member)
				return
			}
		}
	}
}

// TestKillIsExact holds that others with the same fault are not killed along, and
// that nothing is offered where no filter can tell them apart.
func TestKillIsExact(t *testing.T) {
	t.Parallel()
	closeWait := func(_ int, c *Connection) { c.State, c.TCP.LastAckRecv = StateCloseWait, time.Hour }
	java := fault(3, "java", "10.0.0.5:41022", "10.0.9.4:9092", closeWait)
	other := func(program, local, remote string) []Connection {
		conns := fault(3, program, local, remote, closeWait)
		for i := range conns {
			conns[i].Cookie += 100
		}
		return conns
	}
	for _, tt := range []struct {
		name  string
		conns []Connection
		title string
		want  string // "" if nothing is offered
	}{
		{"alone", java, "java leaks", "proc:java rport:9092 verdict:close-wait silent>1m"},
		{"nobody knows whose they are", append(java, other("", "10.0.0.5:8080", "10.0.9.5:50000")...), "unknown process leaks",
			"lport:8080 verdict:close-wait silent>1m"},
		{"a name within another", append(java, other("javaws", "10.0.0.5:42022", "10.0.9.5:9092")...), "java leaks",
			"proc:java rport:9092 verdict:close-wait silent>1m netns:4026531840 lport:41022|41023|41024"},
		{"another port of the same", append(java, other("java", "10.0.0.5:42022", "10.0.9.5:9093")...), "java leaks 3 to :9093",
			"proc:java rport:9093 verdict:close-wait silent>1m"},
		{"many ports of both", append(fault(20, "java", "10.0.0.5:41022", "10.0.9.4:9092", closeWait),
			fault(20, "javaws", "10.0.0.6:41022", "10.0.9.4:9092", func(i int, c *Connection) { closeWait(i, c); c.Cookie += 100 })...), "java leaks", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, met := whole(tt.conns...), false
			of := found(t, FindingCloseWait, s)
			for i := range of {
				checkFilter(t, s, &of[i])
				if !strings.Contains(of[i].Title, ": "+tt.title) {
					continue
				}
				met = true
				_, got, offered := strings.Cut(of[i].text(), "\nkatop kill '")
				if offered != (tt.want != "") || offered && !strings.HasPrefix(got, tt.want+"'\n") {
					t.Errorf("katop kill %s; want %q", got, tt.want)
				}
			}
			if !met {
				t.Errorf("no finding %q", tt.title)
			}
		})
	}
}

// TestKillWhatAnotherKatopFound holds that what a liveness check has found can be
// killed by a katop that has made none, and nothing that came since.
func TestKillWhatAnotherKatopFound(t *testing.T) {
	t.Parallel()
	s := onHost(fault(3, "java", "10.0.0.5:41022", "10.0.9.4:9092", func(i int, c *Connection) {
		if i < 2 {
			c.ProbeSilent = 3
		}
	}))
	of := found(t, FindingHalfOpen, s)
	if len(of) != 1 {
		t.Fatalf("%d findings, want 1", len(of))
	}
	for i := range s.Connections {
		s.Connections[i].ProbeSilent = 0
	}
	if text := of[0].text(); !strings.Contains(text, "\nkatop kill ") || strings.Contains(text, "for certain") {
		t.Errorf("nothing to kill, or something certain: %s", text)
	}
	s.Connections = append(s.Connections, fault(1, "java", "10.0.0.5:41099", "10.0.9.4:9092", func(_ int, c *Connection) {
		c.Cookie, c.NetNS.Name = 999, hostName
	})...)
	checkFilter(t, s, &of[0])
}

// listeners are those of a program at an address, with so many waiting for accept
// and room for 128.
func listeners(waiting uint32, program, local string) []Connection {
	l := end(hostNS, uint64(1000+waiting), StateListen, local, "0.0.0.0:0")
	l.RecvQueue, l.SendQueue, l.Owners = waiting, 128, []Owner{{PID: 42, FD: 3, Name: program}}
	return []Connection{l}
}
