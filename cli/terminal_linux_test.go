package cli

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
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

// startTerminal runs katop in a wide terminal.
func startTerminal(t *testing.T, ns *lab.Namespace, as string, args ...string) *terminal {
	t.Helper()
	term := openTerminal(t, 200, 60)
	term.start(ns, katopCommand(t, as, args...))
	return term
}

func openTerminal(t *testing.T, width, height int, options ...vt10x.TerminalOption) *terminal {
	t.Helper()
	control, program, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, control: control, program: program}
	term.screen = vt10x.New(append([]vt10x.TerminalOption{vt10x.WithWriter(control)}, options...)...)
	term.resize(width, height)
	term.before = term.termios()
	term.drawn.Go(func() {
		in := bufio.NewReader(control)
		for term.screen.Parse(in) == nil {
		}
	})
	t.Cleanup(func() {
		_ = program.Close()
		_ = control.Close()
		term.drawn.Wait()
	})
	return term
}

// start runs cmd in the terminal. It may be of any user.
func (term *terminal) start(ns *lab.Namespace, cmd *exec.Cmd) {
	term.t.Helper()
	// Other users may not enter what t.TempDir makes.
	folder, err := os.MkdirTemp("", "katop-test")
	if err != nil {
		term.t.Fatal(err)
	}
	term.t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o777); err != nil { //nolint:gosec // anybody's reports
		term.t.Fatal(err)
	}
	term.races = filepath.Join(folder, "race")
	cmd.Env = append(cmd.Env, "GORACE=exitcode=0 log_path="+term.races)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = term.program, term.program, term.program
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty = true, true
	if term.process, err = ns.Start(cmd); err != nil {
		term.t.Fatal(err)
	}
	term.t.Cleanup(func() { _ = term.process.Kill() })
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

// await waits until the screen is as it should be. It may be half drawn.
func (term *terminal) await(what string, holds func(text string) bool) string {
	term.t.Helper()
	text, ok := term.comes(10*time.Second, holds)
	if !ok {
		term.t.Fatalf("the screen never came to %s:\n%s", what, text)
	}
	return text
}

// comes tells whether the screen comes to be as it should be in that time.
func (term *terminal) comes(within time.Duration, holds func(text string) bool) (text string, ok bool) {
	for end := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		text = term.text()
		if ok = holds(text); ok || time.Now().After(end) {
			return text, ok
		}
	}
}

// settled waits until the screen is as it should be and stays so.
func (term *terminal) settled(what string, holds func(text string) bool) string {
	term.t.Helper()
	last := ""
	return term.await(what, func(s string) bool {
		same := s == last
		last = s
		return same && holds(s)
	})
}

func (term *terminal) shows(text string) string {
	term.t.Helper()
	return term.await("show "+text, func(s string) bool { return strings.Contains(s, text) })
}

func (term *terminal) lacks(text string) {
	term.t.Helper()
	term.await("lack "+text, func(s string) bool { return !strings.Contains(s, text) })
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
	logs, err := filepath.Glob(term.races + ".*")
	if err != nil {
		term.t.Fatal(err)
	}
	for _, log := range logs {
		text, err := os.ReadFile(log)
		if err != nil {
			term.t.Fatal(err)
		}
		for _, report := range ourRaces(string(text)) {
			term.t.Errorf("data race:\n%s", report)
		}
	}
}

// ourRaces are the reports in a log of the race detector that are not the known
// one of cancelreader.
func ourRaces(log string) (reports []string) {
	for report := range strings.SplitSeq(log, "==================") {
		if strings.Contains(report, "WARNING: DATA RACE") && !strings.Contains(report, "cancelreader.(*epollCancelReader).Close") {
			reports = append(reports, report)
		}
	}
	return reports
}

// TestOurRaces holds that a known race hides no other in the same log.
func TestOurRaces(t *testing.T) {
	t.Parallel()
	const (
		line  = "==================\n"
		known = line + "WARNING: DATA RACE\nWrite at 0x1\n  cancelreader.(*epollCancelReader).Close()\n" + line
		ours  = line + "WARNING: DATA RACE\nWrite at 0x2\n  ui.(*Model).Update()\n" + line
		both  = line + "WARNING: DATA RACE\n  cancelreader.(*epollCancelReader).Close()\n  cancelreader.(*epollCancelReader).Close()\n" + line
	)
	for log, want := range map[string]int{"": 0, known: 0, ours: 1, known + ours: 1, ours + known + ours: 2, both + ours: 1} {
		if got := ourRaces(log); len(got) != want {
			t.Errorf("%d reports of ours, want %d, in\n%s", len(got), want, log)
		}
	}
}
