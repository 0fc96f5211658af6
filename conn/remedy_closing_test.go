package conn

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestClosingParses holds the texts against leaks, of servers and of clients, and
// those that reuse connections, to what runs or compiles them.
func TestClosingParses(t *testing.T) {
	t.Parallel()
	served, dialed, pooled := map[string]string{}, map[string]string{}, map[string]string{}
	for _, of := range []struct {
		texts    map[string]string
		remedies []Remedy
	}{{served, general.closing(service{program: "x"})}, {dialed, general.closing(service{program: "x", outgoing: true})}, {pooled, reuse("x")}} {
		for _, r := range of.remedies {
			of.texts[r.Name] = r.Text + "\n"
		}
	}
	t.Run("C", func(t *testing.T) {
		t.Parallel()
		runs(t, "cc", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", write(t, "closing.c",
			"#include <unistd.h>\nvoid served(int fd) {\nchar buf[16];\n"+served["C"]+"}\nvoid dialed(int fd) {\nchar buf[16];\n"+dialed["C"]+"}\n"))
	})
	t.Run("Go", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Dir(write(t, "go.mod", "module closing\n\ngo 1.23\n"))
		source := "package closing\n\nimport (\n\"net\"\n\"net/http\"\n)\n\nfunc serve(conn net.Conn) {\n" + served["Go"] +
			"}\n\nfunc dial(conn net.Conn) {\n" + dialed["Go"] + "}\n\nfunc pool() *http.Client {\n" + pooled["Go"] + "return client\n}\n"
		if err := os.WriteFile(filepath.Join(dir, "closing.go"), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		runs(t, "go", "-C", dir, "vet", ".")
	})
	t.Run("Python", func(t *testing.T) {
		t.Parallel()
		runs(t, "python3", "-m", "py_compile", write(t, "closing.py", pooled["Python"]+dialed["Python"]+served["Python"]))
	})
	t.Run("Python closes", func(t *testing.T) {
		t.Parallel()
		runs(t, "python3", write(t, "closes.py", "import socket\ns = socket.create_server(('127.0.0.1', 0))\naddress = s.getsockname()\n"+
			dialed["Python"]+"    "+strings.ReplaceAll(strings.TrimSpace(served["Python"]), "\n", "\n    ")+
			"\nassert conn.fileno() == -1 and sock.fileno() == -1\n"))
	})
	t.Run("Node.js", func(t *testing.T) {
		t.Parallel()
		runs(t, "node", "--check", write(t, "closing.js", pooled["Node.js"]+dialed["Node.js"]+served["Node.js"]))
	})
	t.Run("Java", func(t *testing.T) {
		t.Parallel()
		source := "import java.net.*;\nimport java.net.http.*;\nclass Closing {\n" +
			"void dial(String host, int port) throws Exception {\n" + pooled["Java"] + dialed["Java"] + "}\n" +
			"void serve(ServerSocket server) throws Exception {\n" + served["Java"] + "} }\n"
		runs(t, "javac", "-d", t.TempDir(), write(t, "Closing.java", strings.ReplaceAll(source, "...", "")))
	})
	t.Run("Rust", func(t *testing.T) {
		t.Parallel()
		const once = "(mut stream: std::net::TcpStream) {\nlet mut buf = [0u8; 16];\nif let Ok(0) = stream.read(&mut buf) {\n"
		source := "use std::io::Read;\nmod reqwest {\npub struct Client;\nimpl Client { pub fn new() -> Client { Client } }\n}\n" +
			"pub fn serve" + once + served["Rust"] + "}\n}\npub fn dial" + once + dialed["Rust"] + "}\n}\n" +
			"pub fn pool() {\n" + pooled["Rust"] + "let _ = client;\n}\n"
		compiles(t, source)
	})
}
