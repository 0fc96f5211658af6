package conn

import (
	"path/filepath"
	"strings"
	"testing"
)

// Each text for a language is run, where there is what runs it, and the socket
// asked for its options.

// set is what a program prints that has set a socket and asked it.
const set = "1 300 30 3"

func wantSet(t *testing.T, said string) {
	t.Helper()
	if got := strings.TrimSpace(said); got != set {
		t.Errorf("the socket has %q, want %q", got, set)
	}
}

func TestCSets(t *testing.T) {
	t.Parallel()
	includes, body, _ := strings.Cut(general.c(service{}), "int on")
	program := "#include <stdio.h>\n" + includes + `
static int of(int fd, int level, int option) {
	int value = -1;
	socklen_t size = sizeof value;
	getsockopt(fd, level, option, &value, &size);
	return value;
}
int main(void) {
int fd = socket(AF_INET, SOCK_STREAM, 0);
int on` + body + `
printf("%d %d %d %d\n", of(fd, SOL_SOCKET, SO_KEEPALIVE), of(fd, IPPROTO_TCP, TCP_KEEPIDLE),
	of(fd, IPPROTO_TCP, TCP_KEEPINTVL), of(fd, IPPROTO_TCP, TCP_KEEPCNT));
}
`
	binary := filepath.Join(t.TempDir(), "keepalive")
	runs(t, "cc", "-Wall", "-Wextra", "-Werror", "-o", binary, write(t, "keepalive.c", program))
	wantSet(t, runs(t, binary))
}

// TestGoSets runs both texts: the listener's connections inherit, the dialed one
// is asked itself.
func TestGoSets(t *testing.T) {
	t.Parallel()
	program := `package main

import (
	"context"
	"fmt"
	"net"
	"syscall"
	"time"
)

func options(fd uintptr) (all [4]int) {
	for i, o := range [4][2]int{
		{syscall.SOL_SOCKET, syscall.SO_KEEPALIVE}, {syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE},
		{syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL}, {syscall.IPPROTO_TCP, 6}, // TCP_KEEPCNT
	} {
		all[i], _ = syscall.GetsockoptInt(int(fd), o[0], o[1])
	}
	return all
}

func show(c net.Conn) {
	raw, _ := c.(*net.TCPConn).SyscallConn()
	raw.Control(func(fd uintptr) { fmt.Println(fmt.Sprint(options(fd))) })
}

func listen(ctx context.Context, address string) net.Listener {
` + general.golang(service{}) + `
	if err != nil {
		panic(err)
	}
	return listener
}

func dial(ctx context.Context, address string) net.Conn {
` + general.golang(service{outgoing: true}) + `
	if err != nil {
		panic(err)
	}
	return conn
}

func main() {
	listener := listen(context.Background(), "127.0.0.1:0")
	show(dial(context.Background(), listener.Addr().String()))
	accepted, err := listener.Accept()
	if err != nil {
		panic(err)
	}
	show(accepted)
}
`
	if got, want := runs(t, "go", "run", write(t, "keepalive.go", program)), "["+set+"]\n["+set+"]\n"; got != want {
		t.Errorf("the sockets have %q, want %q", got, want)
	}
}

func TestPythonSets(t *testing.T) {
	t.Parallel()
	script := "import socket\nsock = socket.socket()\n" + general.python(service{}) + `
print(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), *(sock.getsockopt(socket.IPPROTO_TCP, o)
      for o in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)))`
	wantSet(t, runs(t, "python3", write(t, "keepalive.py", script)))
}

func TestJavaSets(t *testing.T) {
	t.Parallel()
	imports, body, _ := strings.Cut(general.java(service{}), "socket.setOption")
	program := imports + `
import java.net.Socket;
public class Keepalive {
public static void main(String[] args) throws Exception {
Socket socket = new Socket();
socket.setOption` + body + `
System.out.println((socket.getOption(StandardSocketOptions.SO_KEEPALIVE) ? 1 : 0) + " " +
	socket.getOption(ExtendedSocketOptions.TCP_KEEPIDLE) + " " +
	socket.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL) + " " + socket.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT));
} }
`
	wantSet(t, runs(t, "java", "-XX:TieredStopAtLevel=1", write(t, "Keepalive.java", program)))
}

// TestRustCompiles holds the lines against the interface that socket2 documents
// (docs.rs/socket2, TcpKeepalive and SockRef): the crate itself is not there.
func TestRustCompiles(t *testing.T) {
	t.Parallel()
	const socket2 = `
mod socket2 {
    pub struct TcpKeepalive;
    impl TcpKeepalive {
        pub const fn new() -> TcpKeepalive { TcpKeepalive }
        pub const fn with_time(self, _: std::time::Duration) -> Self { self }
        pub const fn with_interval(self, _: std::time::Duration) -> Self { self }
        pub const fn with_retries(self, _: u32) -> Self { self }
    }
    pub struct SockRef<'s>(std::marker::PhantomData<&'s ()>);
    impl<'s, S: std::os::fd::AsFd> From<&'s S> for SockRef<'s> {
        fn from(_: &'s S) -> Self { SockRef(std::marker::PhantomData) }
    }
    impl SockRef<'_> {
        pub fn set_tcp_keepalive(&self, _: &TcpKeepalive) -> std::io::Result<()> { Ok(()) }
    }
}
`
	program := socket2 + "pub fn set(stream: std::net::TcpStream) -> std::io::Result<()> {\n" + general.rust(service{}) + "\nOk(())\n}\n"
	compiles(t, program)
}

// compiles holds a library in Rust to its compiler.
func compiles(t *testing.T, source string) {
	t.Helper()
	runs(t, "rustc", "--edition", "2021", "--crate-type", "lib", "--emit", "metadata", "-D", "warnings", "-A", "dead_code",
		"-o", filepath.Join(t.TempDir(), "compiled.rmeta"), write(t, "compiled.rs", source))
}
