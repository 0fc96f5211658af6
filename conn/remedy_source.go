package conn

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The remedies where a program is written.

// language is how keepalive is set in one.
type language struct {
	name     string
	programs []string                       // what processes written in it are called
	text     func(*advisor, service) string // the same for both sides, unless sided
	sided    bool
	closes   closing
}

// closing is how a program makes sure that it closes.
type closing struct{ accepted, opened string }

// either is for languages in which it is the same.
func either(text string) closing { return closing{text, text} }

func languages() []language {
	return []language{
		{"C", nil, (*advisor).c, false, either("if (read(fd, buf, sizeof buf) == 0)\n    close(fd);   /* the peer has closed */")},
		{"Go", nil, (*advisor).golang, true, closing{
			accepted: "defer conn.Close()   // first of all in what serves the connection",
			opened:   "defer conn.Close()   // and for HTTP: defer response.Body.Close()",
		}},
		{"Python", []string{"python", "gunicorn", "uvicorn", "celery"}, (*advisor).python, false, closing{
			accepted: "conn, _ = s.accept()\nwith conn:   # closes, whatever happens\n    ...",
			opened:   "with socket.create_connection(address) as sock:   # closes, whatever happens\n    ...",
		}},
		{"Java", []string{"java"}, (*advisor).java, false, closing{
			accepted: "try (Socket socket = server.accept()) {   // closes, whatever happens\n    ...\n}",
			opened:   "try (Socket socket = new Socket(host, port)) {   // closes, whatever happens\n    ...\n}",
		}},
		{
			"Node.js",
			[]string{"node", "nodejs"},
			(*advisor).node, true, either("socket.on('end', () => socket.end());   // needed with allowHalfOpen"),
		},
		{"Rust", nil, (*advisor).rust, false, either("drop(stream);   // as soon as read returns Ok(0)")},
	}
}

// languagesOf is the language that the program's name tells, or all of them.
func languagesOf(program string) []language {
	all := languages()
	for i, l := range all {
		if slices.ContainsFunc(l.programs, func(name string) bool { return isCalled(program, name) }) {
			return all[i : i+1]
		}
	}
	return all
}

// isCalled tells whether a process has the name of a program, with a version or a
// part behind it perhaps: "python3.11", "node-MainThread", "gunicorn: maste".
// "node_exporter" is another program.
func isCalled(process, name string) bool {
	rest, begins := strings.CutPrefix(process, name)
	return begins && (rest == "" || strings.ContainsAny(rest[:1], ".-:0123456789"))
}

// source sets keepalive where the program is written.
func (a *advisor) source(s service) []Remedy {
	var remedies []Remedy
	for _, l := range languagesOf(s.program) {
		name := l.name
		switch {
		case l.sided && s.outgoing:
			name += ", as a client"
		case l.sided:
			name += ", as a server"
		}
		remedies = append(remedies, Remedy{name, l.text(a, s)})
	}
	return remedies
}

// closing is how a program makes sure that it closes. Nobody writes a server
// anew that is known.
func (a *advisor) closing(s service) []Remedy {
	if known, _ := a.server(s); known {
		return nil
	}
	var remedies []Remedy
	for _, l := range languagesOf(s.program) {
		text := l.closes.accepted
		if s.outgoing {
			text = l.closes.opened
		}
		remedies = append(remedies, Remedy{l.name, text})
	}
	return remedies
}

func (a *advisor) c(service) string {
	return fmt.Sprintf(`#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
int on = 1, idle = %d, interval = %d, count = %d;
setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);`, a.idle(), a.interval(), a.params.Count)
}

// golang: net.KeepAliveConfig came with Go 1.23. Without it Go sets 15/15/9.
func (a *advisor) golang(s service) string {
	use := `config := net.ListenConfig{KeepAliveConfig: keepalive}
listener, err := config.Listen(ctx, "tcp", address)`
	if s.outgoing {
		use = `dialer := net.Dialer{KeepAliveConfig: keepalive}
conn, err := dialer.DialContext(ctx, "tcp", address)`
	}
	return fmt.Sprintf(`// Go 1.23 and later
keepalive := net.KeepAliveConfig{Enable: true,
    Idle: %d * time.Second, Interval: %d * time.Second, Count: %d}
%s`, a.idle(), a.interval(), a.params.Count, use)
}

func (a *advisor) python(service) string {
	return fmt.Sprintf(`import socket
# with asyncio: sock = writer.get_extra_info("socket")
sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, %d)
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, %d)
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, %d)`, a.idle(), a.interval(), a.params.Count)
}

func (a *advisor) java(service) string {
	return fmt.Sprintf(`// Java 11 and later
import java.net.StandardSocketOptions;
import jdk.net.ExtendedSocketOptions;
socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, %d);
socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, %d);
socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, %d);`, a.idle(), a.interval(), a.params.Count)
}

// node takes the idle time alone: Node.js sets an interval of a second and a
// count of ten (libuv, uv__tcp_keepalive), unless a client says otherwise, which
// it can since 26.4 (nodejs/node pull request 63825).
func (a *advisor) node(s service) string {
	idle := a.params.Idle / time.Millisecond
	if s.outgoing {
		return fmt.Sprintf(`// interval and count, the last two, since Node.js 26.4; before, they are
// left aside: it makes %[1]d/1/10 of it and finds a dead peer after %[2]d s
socket.setKeepAlive(true, %[3]d, %[4]d, %[5]d);`, a.idle(), a.idle()+10, idle, a.params.Interval/time.Millisecond, a.params.Count)
	}
	return fmt.Sprintf(`// Node.js makes %d/1/10 of it: a dead peer is found after %d s
// Node.js 18 and later; http.createServer takes the same
net.createServer({ keepAlive: true, keepAliveInitialDelay: %d });`, a.idle(), a.idle()+10, idle)
}

func (a *advisor) rust(service) string {
	return fmt.Sprintf(`// socket2 = { version = "0.5", features = ["all"] }
use std::time::Duration;
let keepalive = socket2::TcpKeepalive::new()
    .with_time(Duration::from_secs(%d))
    .with_interval(Duration::from_secs(%d))
    .with_retries(%d);
socket2::SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;`, a.idle(), a.interval(), a.params.Count)
}
