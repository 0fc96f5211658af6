package cli

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/hinshun/vt10x"
	"golang.org/x/sys/unix"

	"github.com/katop/katop/lab"
)

// terminal is katop in a pseudo-terminal, with an emulator that shows what a
// person would see.
type terminal struct {
	t       *testing.T
	screen  vt10x.Terminal
	control *os.File // the terminal's end
	program *os.File // the program's end
	before  unix.Termios
	process *lab.Process
	drawn   sync.WaitGroup
	races   string // where the race detector reports, when it is on
}

func startTerminal(t *testing.T, ns *lab.Namespace, as string, args ...string) *terminal {
	t.Helper()
	control, program, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, control: control, program: program}
	term.screen = vt10x.New(vt10x.WithWriter(control))
	term.resize(200, 60)
	term.before = term.termios()
	cmd := katopCommand(t, as, args...)
	term.races = filepath.Join(t.TempDir(), "race")
	cmd.Env = append(cmd.Env, "GORACE=exitcode=0 log_path="+term.races)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if term.process, err = ns.Start(cmd); err != nil {
		t.Fatal(err)
	}
	term.drawn.Go(func() {
		in := bufio.NewReader(control)
		for term.screen.Parse(in) == nil {
		}
	})
	t.Cleanup(func() {
		_ = term.process.Kill()
		_ = program.Close()
		_ = control.Close()
		term.drawn.Wait()
	})
	return term
}

func (term *terminal) termios() unix.Termios {
	term.t.Helper()
	state, err := unix.IoctlGetTermios(int(term.program.Fd()), unix.TCGETS)
	if err != nil {
		term.t.Fatal(err)
	}
	return *state
}

func (term *terminal) resize(width, height int) {
	term.t.Helper()
	term.screen.Resize(width, height)
	if err := pty.Setsize(term.control, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		term.t.Fatal(err)
	}
}

func (term *terminal) press(keys string) {
	term.t.Helper()
	if _, err := term.control.WriteString(keys); err != nil {
		term.t.Fatal(err)
	}
}

// text is the screen, without blanks at the ends of lines.
func (term *terminal) text() string {
	term.screen.Lock()
	defer term.screen.Unlock()
	width, height := term.screen.Size()
	var b strings.Builder
	for y := range height {
		line := make([]rune, width)
		for x := range width {
			line[x] = term.screen.Cell(x, y).Char
			if line[x] == 0 {
				line[x] = ' '
			}
		}
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return b.String()
}

// await waits until the screen is as it should be.
func (term *terminal) await(what string, holds func(text string) bool) string {
	term.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		text := term.text()
		if holds(text) {
			return text
		}
		if time.Now().After(end) {
			term.t.Fatalf("the screen never came to %s:\n%s", what, text)
		}
	}
}

func (term *terminal) shows(text string) string {
	term.t.Helper()
	return term.await("show "+text, func(s string) bool { return strings.Contains(s, text) })
}

func (term *terminal) lacks(text string) string {
	term.t.Helper()
	return term.await("lack "+text, func(s string) bool { return !strings.Contains(s, text) })
}

// ended waits for the program and holds that the terminal is as it was.
func (term *terminal) ended(wantErr bool) {
	term.t.Helper()
	err := term.process.Wait()
	if (err != nil) != wantErr {
		term.t.Errorf("ended with %v", err)
	}
	term.await("leave the alternate screen", func(string) bool { return term.screen.Mode()&vt10x.ModeAltScreen == 0 })
	if !term.screen.CursorVisible() {
		term.t.Error("the cursor is still hidden")
	}
	if mouse := term.screen.Mode() & (vt10x.ModeMouseButton | vt10x.ModeMouseMotion | vt10x.ModeMouseX10 | vt10x.ModeMouseMany); mouse != 0 {
		term.t.Error("the mouse is still taken")
	}
	if diff := gocmp.Diff(term.before, term.termios()); diff != "" {
		term.t.Errorf("the terminal's settings were changed (-before +after):\n%s", diff)
	}
	term.checkRaces()
}

// checkRaces looks through the reports of the race detector. That of
// muesli/cancelreader, which Bubble Tea reads keys with, is not ours: at the end
// it closes its epoll descriptor beside a reader that is about to stop.
func (term *terminal) checkRaces() {
	term.t.Helper()
	reports, err := filepath.Glob(term.races + ".*")
	if err != nil {
		term.t.Fatal(err)
	}
	for _, report := range reports {
		text, err := os.ReadFile(report)
		if err != nil {
			term.t.Fatal(err)
		}
		if strings.Count(string(text), "WARNING: DATA RACE") != strings.Count(string(text), "cancelreader.(*epollCancelReader).Close") {
			term.t.Errorf("data race:\n%s", text)
		}
	}
}

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

var ages = regexp.MustCompile(`frozen [0-9.a-z ]+ old`)

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

	for range 30 { // to the column REMOTE, wherever it starts from
		if strings.Contains(term.text(), "REMOTE▲") || strings.Contains(term.text(), "REMOTE▼") {
			break
		}
		term.press(">")
		time.Sleep(50 * time.Millisecond)
	}
	first := term.await("sort by remote", func(s string) bool { return strings.Contains(s, "REMOTE▼") || strings.Contains(s, "REMOTE▲") })
	term.press("r")
	term.await("sort the other way", func(s string) bool {
		return strings.Contains(s, "REMOTE▼") != strings.Contains(first, "REMOTE▼") && order(s) != order(first)
	})

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
	frozen := ages.ReplaceAllString(term.shows("frozen"), "frozen")
	term.resize(40, 10)
	term.await("fit 40×10", func(s string) bool {
		return strings.Count(s, "\n") == 10 && strings.Contains(s, "buyer/") && strings.Contains(s, "? help") && !strings.Contains(s, "WORST")
	})
	term.resize(200, 60)
	term.await("be as before", func(s string) bool { return ages.ReplaceAllString(s, "frozen") == frozen })
	term.press("f")
	term.shows("live")

	term.press("q")
	term.ended(false)
}

// order is the remote ports from top to bottom.
func order(text string) string {
	return fmt.Sprint(regexp.MustCompile(`(?m)127\.0\.0\.1:\d+ +127\.0\.0\.1:(\d+)`).FindAllStringSubmatch(text, -1))
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
