package conn

import (
	"fmt"
	"strings"
	"time"
)

// The remedies where a program is written.

// language is how keepalive is set in one.
type language struct {
	name     string
	programs []string // what processes written in it are called, as prefixes
	text     func(a *advisor, s service) string
}

func languages() []language {
	return []language{
		{"C", nil, (*advisor).c},
		{"Go", nil, (*advisor).golang},
		{"Python", []string{"python", "gunicorn", "uvicorn", "celery"}, (*advisor).python},
		{"Java", []string{"java"}, (*advisor).java},
		{"Node.js", []string{"node"}, (*advisor).node},
		{"Rust", nil, (*advisor).rust},
	}
}

// source is for the language that the program's name tells, or for all of them.
func (a *advisor) source(s service) []Remedy {
	var remedies []Remedy
	for _, l := range languages() {
		remedy := Remedy{l.name, l.text(a, s)}
		for _, prefix := range l.programs {
			if strings.HasPrefix(s.program, prefix) {
				return []Remedy{remedy}
			}
		}
		remedies = append(remedies, remedy)
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
	use := `listener, err := (&net.ListenConfig{KeepAliveConfig: keepalive}).Listen(ctx, "tcp", address)`
	if s.outgoing {
		use = `conn, err := (&net.Dialer{KeepAliveConfig: keepalive}).DialContext(ctx, "tcp", address)`
	}
	return fmt.Sprintf(`// Go 1.23 and later
keepalive := net.KeepAliveConfig{Enable: true, Idle: %d * time.Second, Interval: %d * time.Second, Count: %d}
%s`, a.idle(), a.interval(), a.params.Count, use)
}

func (a *advisor) python(service) string {
	return fmt.Sprintf(`import socket
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

// node takes the idle time alone (libuv, uv_tcp_keepalive).
func (a *advisor) node(service) string {
	return fmt.Sprintf(`// the idle time alone: Node.js sets an interval of 1 s and a count of 10 itself
socket.setKeepAlive(true, %d);`, a.params.Idle/time.Millisecond)
}

func (a *advisor) rust(service) string {
	return fmt.Sprintf(`// socket2 = { version = "0.5", features = ["all"] }
let keepalive = socket2::TcpKeepalive::new()
    .with_time(Duration::from_secs(%d))
    .with_interval(Duration::from_secs(%d))
    .with_retries(%d);
socket2::SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;`, a.idle(), a.interval(), a.params.Count)
}

// closing is how a program makes sure that it closes.
func (a *advisor) closing(s service) []Remedy {
	ways := []Remedy{
		{"C", "if (read(fd, buf, sizeof buf) == 0)\n    close(fd);   /* the peer has closed */"},
		{"Go", "defer conn.Close()   // and for HTTP: defer response.Body.Close()"},
		{"Python", "with socket.create_connection(address) as sock:   # closes at the end, whatever happens\n    ..."},
		{"Java", "try (Socket socket = new Socket(host, port)) {   // closes at the end, whatever happens\n    ...\n}"},
		{"Node.js", "socket.on('end', () => socket.end());   // needed with allowHalfOpen"},
		{"Rust", "drop(stream);   // as soon as read returns Ok(0)"},
	}
	for i, l := range languages() {
		for _, prefix := range l.programs {
			if strings.HasPrefix(s.program, prefix) {
				return ways[i : i+1]
			}
		}
	}
	return ways
}
