package cli

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

// pythonProgram accepts one connection and tells, for every line that it is
// sent, what its own getsockopt says; at last how and when the connection ended.
type pythonProgram struct {
	ask    io.Writer
	answer *bufio.Reader
}

const pythonSource = `
import select, socket, sys, time
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
c, _ = listener.accept()
def get(level, option): return c.getsockopt(level, option)
for line in sys.stdin:
    if line == "options\n":
        T = socket.IPPROTO_TCP
        on = "on" if get(socket.SOL_SOCKET, socket.SO_KEEPALIVE) else "off"
        print(on, get(T, socket.TCP_KEEPIDLE), get(T, socket.TCP_KEEPINTVL), get(T, socket.TCP_KEEPCNT), get(T, socket.TCP_USER_TIMEOUT), flush=True)
    else:
        poll = select.poll()
        poll.register(c, 0)
        poll.poll(60000)
        now = time.time()
        print(get(socket.SOL_SOCKET, socket.SO_ERROR), now, flush=True)
`

func (p *programs) startPython(t *testing.T, ns *lab.Namespace) bool {
	t.Helper()
	path, ok := installed(t, "python3")
	if !ok {
		return false
	}
	cmd := exec.CommandContext(t.Context(), path, "-c", pythonSource, lab.NearAddr4.String(), fmt.Sprint(pythonPort))
	ask, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	startServer(t, ns, cmd)
	p.python = &pythonProgram{ask: ask, answer: bufio.NewReader(answer)}
	return true
}

func (p *pythonProgram) say(t *testing.T, question string) string {
	t.Helper()
	if _, err := fmt.Fprintln(p.ask, question); err != nil {
		t.Fatal(err)
	}
	line, err := p.answer.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// awaitEnd has the program wait for the end of its connection. The function that
// it returns tells how and when it came, if there is such a program.
func (p *pythonProgram) awaitEnd(t *testing.T) func() (errno syscall.Errno, when time.Time, ok bool) {
	t.Helper()
	if p == nil {
		return func() (syscall.Errno, time.Time, bool) { return 0, time.Time{}, false }
	}
	if _, err := fmt.Fprintln(p.ask, "end"); err != nil {
		t.Fatal(err)
	}
	return func() (syscall.Errno, time.Time, bool) {
		var errno int
		var seconds float64
		if _, err := fmt.Fscan(p.answer, &errno, &seconds); err != nil {
			t.Fatal(err)
		}
		return syscall.Errno(errno), time.UnixMicro(int64(seconds * 1e6)), true
	}
}
