package conn

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

// Each text for a server is held against the server itself, where it is
// installed: it takes the text for its configuration.

func TestNginxAccepts(t *testing.T) {
	t.Parallel()
	in := general.nginx(service{program: "nginx", port: 8443}).Text
	out := general.nginxUpstream(service{}).Text
	pool := strings.NewReplacer("NAME", "pool", "HOST:PORT", "127.0.0.1:9").Replace(reuse("nginx")[0].Text)
	upstream, location, _ := strings.Cut(pool, "# where")
	pid := filepath.Join(t.TempDir(), "nginx.pid")
	conf := fmt.Sprintf(`pid %s; error_log stderr; events {}
http { access_log off;
%s
server {
%s
location / {
%s
# where%s
proxy_pass http://pool; } } }`, pid, upstream, in, out, location)
	runs(t, "nginx", "-t", "-c", write(t, "nginx.conf", conf))
}

func TestHAProxyAccepts(t *testing.T) {
	t.Parallel()
	in, out := general.haproxy(service{port: 443}).Text, general.haproxy(service{port: 8080, outgoing: true}).Text
	pool := strings.NewReplacer("NAME", "pool", "HOST:PORT", "127.0.0.1:9", "# retry-on", "retry-on").Replace(reuse("haproxy")[0].Text)
	conf := "defaults\nmode http\ntimeout connect 1s\ntimeout client 1s\ntimeout server 1s\n" + in + "\n" + out + "\n" +
		"frontend one\nbind 127.0.0.1:8443\ndefault_backend pool\n" + in + "\n" + pool + "\n" + out + "\n"
	if said := runs(t, "haproxy", "-c", "-f", write(t, "haproxy.cfg", conf)); strings.Contains(said, "[WARNING]") {
		t.Errorf("haproxy: %s", said)
	}
}

func TestPostgreSQLAccepts(t *testing.T) {
	t.Parallel()
	dir := filepath.Dir(write(t, "postgresql.conf", general.postgresql(service{}).Text))
	for name, want := range map[string]string{
		"tcp_keepalives_idle": "300", "tcp_keepalives_interval": "30", "tcp_keepalives_count": "3", "tcp_user_timeout": "390000",
	} {
		lines := strings.Fields(runs(t, "postgres", "-C", name, "-D", dir)) // the log comes first
		if got := lines[len(lines)-1]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestMariaDBAccepts(t *testing.T) {
	t.Parallel()
	for _, remedy := range []Remedy{general.mariadb(service{}), general.mysql(service{})} {
		said := runs(t, "mariadbd", "--defaults-file="+write(t, "my.cnf", remedy.Text), "--help", "--verbose")
		for name, want := range map[string]string{"tcp-keepalive-time": "300", "tcp-keepalive-interval": "30", "tcp-keepalive-probes": "3"} {
			if got := valueOf(said, name); got != want {
				t.Errorf("%s: %s is %q, want %q", remedy.Name, name, got, want)
			}
		}
	}
}

// valueOf finds a setting in a table of names and values.
func valueOf(table, name string) string {
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == name {
			return fields[1]
		}
	}
	return ""
}

func TestSSHDAccepts(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "key")
	runs(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
	if _, err := user.Lookup("sshd"); err != nil {
		t.Skipf("needs the user that sshd takes: %v", err)
	}
	said := runs(t, "sshd", "-T", "-h", key, "-f", write(t, "sshd_config", general.sshd(service{}).Text))
	for name, want := range map[string]string{"clientaliveinterval": "97", "clientalivecountmax": "3", "tcpkeepalive": "yes"} {
		if got := valueOf(said, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestSystemdAccepts(t *testing.T) {
	t.Parallel()
	text := general.socketUnit().Text + "\nListenStream=127.0.0.1:8443\n"
	dir := filepath.Dir(write(t, "katop-test.socket", text))
	unit := "[Service]\nExecStart=/bin/true\n"
	if err := os.WriteFile(filepath.Join(dir, "katop-test.service"), []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := runs(t, "systemd-analyze", "verify", filepath.Join(dir, "katop-test.socket")); strings.Contains(out, "Unknown") {
		t.Errorf("systemd-analyze: %s", out)
	}
}
