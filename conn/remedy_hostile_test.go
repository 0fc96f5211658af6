package conn

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestRemediesAreHarmless holds that nobody can put a control character into a
// terminal, a clipboard or a shell by the name of a process, a unit or a network
// namespace.
func TestRemediesAreHarmless(t *testing.T) {
	t.Parallel()
	th := DefaultThresholds()
	for _, name := range []string{"\x15echo HI #\n", "\x1b[2J\x1b]52;c;eA==\a", "a\tb\u202ec", "\xff\xfe", "\u009b2J", "it's\r'\n", "\n"} {
		conns := []Connection{}
		add := func(n int, local, remote string, change func(int, *Connection)) {
			from := len(conns)
			conns = append(conns, fault(n, name, local, remote, func(i int, c *Connection) {
				change(i, c)
				c.Cookie, c.Unit, c.NetNS.Name = uint64(from+i+1), name, name
			})...)
		}
		add(2, "127.0.0.1:40000", "127.0.0.1:7001", func(_ int, c *Connection) { c.MirrorGone = true })
		add(2, "10.0.0.5:41022", "10.0.9.4:9092", func(_ int, c *Connection) { c.State, c.TCP.LastAckRecv = StateCloseWait, time.Hour })
		add(2, "10.0.0.5:443", "192.0.2.7:50000", keepaliveOff(time.Hour))
		add(2, "10.0.0.5:5432", "192.0.2.8:50000", keepaliveOf(kernelDefaults()))
		add(40, "10.0.0.5:8000", "192.0.2.9:50000", keepaliveOf(params(1, 1, 3)))
		conns = append(conns, listeners(129, name, "0.0.0.0:443")...)
		s := whole(conns...)
		s.Namespaces[0] = Namespace{
			NetNS: NetNS{hostNS, name}, Path: "/run/netns/" + name,
			Sysctls: Sysctls{Keepalive: kernelDefaults(), MaxListen: 128, PortRange: [2]uint16{32768, 60999}, Known: true},
		}
		kinds := map[FindingKind]bool{}
		for _, f := range Findings(s, &th, params(300, 30, 3)) {
			kinds[f.Kind] = true
			checkFilter(t, s, &f)
			texts := []string{f.Filter}
			for _, r := range f.Remedies {
				texts = append(texts, strings.Split(r.Name+"\n"+r.Text, "\n")...)
			}
			for _, text := range texts {
				if Printable(text) != text || strings.Contains(text, "HI") && !strings.Contains(text, `proc:"echo HI #"`) {
					t.Errorf("%q in %v: %q", name, f.Kind, text)
				}
			}
		}
		if len(kinds) != 8 {
			t.Errorf("%q: kinds %v, want eight", name, fmt.Sprint(kinds))
		}
	}
}

// TestProcessTerm holds that a term finds the process that it is made for.
func TestProcessTerm(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"nginx": "proc:nginx", "my app": `proc:"my app"`, `my "app|1`: `proc:"app|1"`, "\x15echo HI #\n": `proc:"echo HI #"`,
		"\x1b[2Jevil": "proc:[2Jevil", "\xffx\u202eyz": "proc:yz", "\n": "", "": "", "日本": "proc:日本",
	} {
		got := processTerm(name)
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
		if got == "" {
			continue
		}
		f, err := ParseFilter(got)
		if err != nil || !f.Match(&Connection{Owners: []Owner{{PID: 1, Name: name}}}) {
			t.Errorf("%q does not find %q: %v", got, name, err)
		}
	}
}
