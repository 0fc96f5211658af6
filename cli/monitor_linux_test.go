package cli

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// shop is a namespace with two processes of known connections: shopd listens on
// 7001 and holds the accepted ends, buyer has three guarded connections and two
// that nobody guards.
func shop(t *testing.T) (ns *lab.Namespace, guarded, unguarded *lab.Socket) {
	t.Helper()
	needsLab(t)
	ns, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Close() })
	addr := netip.MustParseAddrPort("127.0.0.1:7001")
	shopd, err := ns.StartActor(lab.ActorOptions{Name: "shopd"})
	if err != nil {
		t.Fatal(err)
	}
	buyer, err := ns.StartActor(lab.ActorOptions{Name: "buyer"})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := shopd.Listen(addr, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		o := lab.Options{}
		if i < 3 {
			o.Keepalive = lab.Keepalive{On: true, Idle: 300 * time.Second, Interval: 30 * time.Second, Count: 3}
		}
		s, err := buyer.Dial(addr, o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := listener.Accept(lab.Options{}); err != nil {
			t.Fatal(err)
		}
		if guarded == nil {
			guarded = s
		}
		unguarded = s
	}
	return ns, guarded, unguarded
}

// ages is the line that says how old a frozen screen is.
var ages = regexp.MustCompile(`(?m)^.*frozen.*$`)

// TestMonitorInATerminal is a whole visit: look, filter, sort, drill down and
// back, freeze, resize, quit.
func TestMonitorInATerminal(t *testing.T) {
	t.Parallel()
	ns, guarded, unguarded := shop(t)
	term := startTerminal(t, ns, runAsKatop, "--interval", "250ms")
	term.shows("11 sockets")
	term.shows(guarded.Local.String())
	term.shows("300/30/3")
	term.shows("buyer/" + fmt.Sprint(guarded.PID))

	term.press("/proc:buyer")
	term.shows("5 of 11")
	term.press(" ka:of")
	term.shows("at column")
	term.press("f")
	term.press("\r")
	term.shows("2 of 11")
	term.lacks(guarded.Local.String())
	term.shows(unguarded.Local.String())
	term.press("\x1b")
	term.shows("11 of 11")
	term.press(fmt.Sprintf("/lport:%d\r", guarded.Local.Port()))
	term.shows(" 1 of 11")
	term.shows(guarded.Local.String())

	term.press("\r")
	term.shows("dead at the latest in")
	term.shows(fmt.Sprintf("inode         %d", guarded.Inode))
	term.press("\x1b")
	term.shows("DETECTS")
	term.press("\x1b")
	term.shows("11 of 11")

	term.press("f")
	term.shows("frozen")
	sortEveryColumn(t, term)
	term.press("f")
	term.shows("live")

	term.press("2")
	term.shows("WORST SILENCE")
	term.press("gj\r")
	term.shows("descriptors")
	term.press("\x1b")
	term.shows("WORST SILENCE")
	term.press("1")
	term.shows("REMOTE")
	term.shows("11 of 11")

	term.press("f")
	frozen := ages.ReplaceAllString(term.settled("freeze", func(s string) bool { return strings.Contains(s, "frozen") }), "frozen")
	term.resize(40, 10)
	term.await("fit 40×10", func(s string) bool {
		return strings.Count(s, "\n") == 10 && strings.Contains(s, "· 127.0.0.1:7001 ") && strings.Contains(s, "? help") && !strings.Contains(s, "WORST")
	})
	term.resize(200, 60)
	term.await("be as before", func(s string) bool { return ages.ReplaceAllString(s, "frozen") == frozen })
	term.press("f")
	term.shows("live")

	term.press("q")
	term.ended(false)
}

func TestMonitorLeavesOnSIGTERM(t *testing.T) {
	t.Parallel()
	ns, _, _ := shop(t)
	term := startTerminal(t, ns, runAsKatop)
	term.shows("11 sockets")
	if err := syscall.Kill(term.process.PID(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	term.ended(false)
}

func TestMonitorLeavesOnAPanic(t *testing.T) {
	t.Parallel()
	ns, _, _ := shop(t)
	term := startTerminal(t, ns, runPanicking, "--interval", "250ms")
	term.ended(true)
	term.shows("please report it")
}

// TestMonitorAt80x24 is a visit on the smallest usual terminal: the list fits,
// addresses are whole, and every page can be reached and left.
func TestMonitorAt80x24(t *testing.T) {
	t.Parallel()
	ns, guarded, _ := shop(t)
	term := openTerminal(t, 80, 24)
	term.start(ns, katopCommand(t, runAsKatop, "--interval", "250ms", "--read-only"))
	at := func(what string, shown ...string) {
		t.Helper()
		term.await(what, func(s string) bool {
			lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
			for _, text := range shown {
				if !strings.Contains(s, text) {
					return false
				}
			}
			return len(lines) == 24 && strings.HasPrefix(strings.TrimSpace(lines[0]), "katop ") && strings.HasPrefix(strings.TrimSpace(lines[23]), "? help")
		})
	}
	at("show the list", "11 sockets", " 11 of 11", "PROCESS", "STATE", "REMOTE", "SILENT", "KEEPALIVE", "DIES IN", "VERDICT",
		"shopd/", "buyer/", guarded.Local.String()+" ", "127.0.0.1:7001 ", "300/30/3", "unguarded")
	term.press("/proc:buyer ka:on\r")
	at("filter", " 3 of 11", "300/30/3")
	term.press("\r")
	at("show one connection", "ESTABLISHED", "SO_KEEPALIVE  on", " → 127.0.0.1:7001")
	term.press("\x1b")
	at("go back", " 3 of 11", "DIES IN")
	term.press("\x1b")
	at("drop the filter", " 11 of 11")
	term.press("2")
	at("show the processes", "WORST SILENCE", "shopd/", "buyer/")
	term.press("1")
	at("return to the connections", " 11 of 11", "DIES IN")
	term.press("q")
	term.ended(false)
}

// TestMonitorAsNobody holds what somebody without rights is shown: what follows
// from the timers as such, no owners, what is hidden and the rights that show it.
func TestMonitorAsNobody(t *testing.T) {
	t.Parallel()
	ns, _, _ := shop(t)
	own, err := ns.StartActor(lab.ActorOptions{Name: "own", UID: nobody, GID: nobody})
	if err != nil {
		t.Fatal(err)
	}
	keepalive := lab.Keepalive{On: true, Idle: 200 * time.Second, Interval: 20 * time.Second, Count: 2}
	if _, err := own.Listen(netip.MustParseAddrPort("127.0.0.1:7002"), lab.Options{Keepalive: keepalive}); err != nil {
		t.Fatal(err)
	}
	term := openTerminal(t, 200, 60)
	cmd := katopCommand(t, runAsKatop, "--interval", "250ms", "--read-only")
	cmd.Path, cmd.Dir = "/proc/self/exe", "/" // the folder of the program may be closed to others
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	term.start(ns, cmd)
	term.shows("owners and keepalive options of 11 connections hidden: run as root, or give katop CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH")
	want := map[string]int{"? ESTAB ~on": 3, "? ESTAB ~off": 7, "? LISTEN ?": 1, "own LISTEN 200/20/2": 1}
	term.await(fmt.Sprint("have the rows ", want), func(s string) bool {
		got := map[string]int{}
		for _, row := range rowsOf(s) {
			got[fmt.Sprintf("%s %s %s", owner(row["PROCESS"]), row["STATE"], row["KEEPALIVE"])]++
		}
		return maps.Equal(want, got)
	})
	term.press("q")
	term.ended(false)
}
