package conn

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// general writes the remedies with the numbers of that profile.
var general = advisor{params: params(300, 30, 3)}

// runs runs a program that is installed, or skips the test.
func runs(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("needs %s: %v", name, err)
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestNginxAccepts holds the lines for nginx against nginx itself.
func TestNginxAccepts(t *testing.T) {
	t.Parallel()
	in := general.nginx(service{program: "nginx", port: 8443}).Text
	out := general.nginx(service{program: "nginx", port: 8080, outgoing: true}).Text
	reuse := strings.NewReplacer("NAME", "pool", "HOST:PORT", "127.0.0.1:9").Replace(general.reuse("nginx")[0].Text)
	upstream, location, _ := strings.Cut(reuse, "# in location\n")
	pid := filepath.Join(t.TempDir(), "nginx.pid")
	conf := fmt.Sprintf(`pid %s; error_log stderr; events {}
http { access_log off;
%s
server {
%s
location / {
%s
%s
proxy_pass http://pool; } } }`, pid, upstream, in, out, location)
	runs(t, "nginx", "-t", "-c", write(t, "nginx.conf", conf))
}

// TestPostgreSQLAccepts holds the lines for PostgreSQL against the server.
func TestPostgreSQLAccepts(t *testing.T) {
	t.Parallel()
	dir := filepath.Dir(write(t, "postgresql.conf", general.postgresql(service{program: "postgres", port: 5432}).Text))
	for name, want := range map[string]string{
		"tcp_keepalives_idle": "300", "tcp_keepalives_interval": "30", "tcp_keepalives_count": "3", "tcp_user_timeout": "390000",
	} {
		lines := strings.Fields(runs(t, "postgres", "-C", name, "-D", dir)) // the log comes first
		if got := lines[len(lines)-1]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// TestSystemdAccepts holds the lines for a socket unit against systemd.
func TestSystemdAccepts(t *testing.T) {
	t.Parallel()
	text := general.socketUnit().Text + "\nListenStream=127.0.0.1:8443\n"
	dir := filepath.Dir(write(t, "katop-test.socket", text))
	service := "[Service]\nExecStart=/bin/true\n"
	if err := os.WriteFile(filepath.Join(dir, "katop-test.service"), []byte(service), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := runs(t, "systemd-analyze", "verify", filepath.Join(dir, "katop-test.socket")); strings.Contains(out, "Unknown") {
		t.Errorf("systemd-analyze: %s", out)
	}
}

// TestCCompiles holds the lines for C against a compiler.
func TestCCompiles(t *testing.T) {
	t.Parallel()
	includes, body, _ := strings.Cut(general.c(service{}), "int on")
	runs(t, "cc", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", write(t, "keepalive.c", includes+"void set(int fd) {\nint on"+body+"\n}\n"))
}

// TestPythonSets holds that the lines for Python set a socket as they say.
func TestPythonSets(t *testing.T) {
	t.Parallel()
	script := "import socket\nsock = socket.socket()\n" + general.python(service{}) + `
print(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), *(sock.getsockopt(socket.IPPROTO_TCP, o)
      for o in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)))`
	if got := strings.TrimSpace(runs(t, "python3", write(t, "keepalive.py", script))); got != "1 300 30 3" {
		t.Errorf("the socket has %q, want 1 300 30 3", got)
	}
}

// TestShellWords holds the quotes against a shell.
func TestShellWords(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]string{
		"proc:nginx lport:443":     "proc:nginx lport:443",
		"ka:on idle>350s":          "'ka:on idle>350s'",
		"":                         "--all",
		`proc:"it's $(reboot)"`:    `'proc:"it'\''s $(reboot)"'`,
		"raddr:[2001:db8::1]:9092": "'raddr:[2001:db8::1]:9092'",
	} {
		got := shellWords(filter)
		if got != want {
			t.Errorf("%q is written %s, want %s", filter, got, want)
		}
		if filter == "" {
			continue
		}
		if back := strings.TrimSuffix(runs(t, "sh", "-c", "printf '%s ' "+got), " "); back != filter {
			t.Errorf("the shell makes %q of %q", back, filter)
		}
	}
}

func TestEntrances(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ names, want []string }{
		{nil, []string{""}},
		{[]string{"host"}, []string{""}},
		{[]string{"blue", "host", "", ""}, []string{"", "nsenter --net=/run/netns/blue ", "nsenter --target PID --net "}},
		{[]string{"a; reboot"}, []string{"nsenter --net='/run/netns/a; reboot' "}},
	} {
		if diff := cmp.Diff(tt.want, entrances(tt.names)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.names, diff)
		}
	}
}

// TestServers holds which programs are known.
func TestServers(t *testing.T) {
	t.Parallel()
	for program, want := range map[string]string{
		"nginx": "nginx", "haproxy": "HAProxy", "postgres": "PostgreSQL", "mysqld": "MySQL", "mariadbd": "MariaDB",
		"redis-server": "Redis", "valkey-server": "Redis", "sshd": "sshd", "sshd-session": "sshd", "nginx2": "", "": "",
	} {
		got := ""
		if remedies := general.server(service{program: program, port: 1}); remedies != nil {
			got = remedies[0].Name
		}
		if got != want {
			t.Errorf("%q is taken for %q, want %q", program, got, want)
		}
	}
}
