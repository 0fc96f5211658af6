package conn

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// general writes the remedies with the numbers of that profile.
var general = advisor{snapshot: &Snapshot{}, params: params(300, 30, 3)}

// runs runs a program that is installed, or skips the test. Debian keeps
// PostgreSQL's own apart.
func runs(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if apart, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); err != nil && len(apart) > 0 {
		path, err = apart[len(apart)-1], nil
	}
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
	owned := end(7, 1, StateEstablished, "10.0.0.1:80", "10.0.0.2:50000")
	owned.Owners = []Owner{{PID: 4242}}
	several := &Snapshot{Namespaces: make([]Namespace, 2), Connections: []Connection{owned}}
	alone := &Snapshot{Namespaces: make([]Namespace, 1)}
	for _, tt := range []struct {
		snapshot   *Snapshot
		namespaces []NetNS
		want       []string
	}{
		{several, nil, []string{""}},
		{several, []NetNS{{1, "host"}}, []string{""}},
		{several, []NetNS{{2, "blue"}, {1, "host"}}, []string{"", "nsenter --net=/run/netns/blue "}},
		{several, []NetNS{{2, "a; reboot"}}, []string{"nsenter --net='/run/netns/a; reboot' "}},
		{several, []NetNS{{7, ""}, {8, ""}}, []string{"nsenter --target 4242 --net ", "nsenter --target PID --net "}},
		{alone, []NetNS{{7, ""}}, []string{""}}, // katop is in it
		{alone, []NetNS{{2, "blue"}}, []string{"nsenter --net=/run/netns/blue "}},
	} {
		a := advisor{snapshot: tt.snapshot}
		if diff := cmp.Diff(tt.want, a.entrances(tt.namespaces)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.namespaces, diff)
		}
	}
}

// TestEphemeralNeverNarrows holds that no range is advised that has fewer ports
// than there are.
func TestEphemeralNeverNarrows(t *testing.T) {
	t.Parallel()
	for ports, want := range map[[2]uint16]string{
		{32768, 60999}: "'10240 65535'",
		{1024, 50000}:  "'1024 65535'",
		{1024, 65535}:  "",
		{10240, 65535}: "",
	} {
		text := general.ephemeral(Namespace{NetNS: NetNS{Name: "host"}, Sysctls: Sysctls{PortRange: ports}}, true)[0].Text
		if strings.Contains(text, "ip_local_port_range") != (want != "") || !strings.Contains(text, want) || !strings.Contains(text, "tcp_tw_reuse=1") {
			t.Errorf("%v: want %q in\n%s", ports, want, text)
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
		if known, remedies := general.server(service{program: program, port: 1}); known {
			got = remedies[0].Name
		}
		if got != want {
			t.Errorf("%q is taken for %q, want %q", program, got, want)
		}
	}
}

// TestLanguages holds which languages a program's name tells, both for keepalive
// and for pooling.
func TestLanguages(t *testing.T) {
	t.Parallel()
	for program, want := range map[string]string{
		"python": "Python", "python3.11": "Python", "gunicorn: maste": "Python", "celery": "Python",
		"java": "Java", "node": "Node.js", "nodejs": "Node.js", "node-MainThread": "Node.js", "node22": "Node.js",
		"node_exporter": "", "nodetool": "", "javaws": "", "pythonic": "", "": "",
	} {
		got := ""
		if of := languagesOf(program); len(of) == 1 {
			got = of[0].name
		}
		if got != want {
			t.Errorf("%q is taken for %q, want %q", program, got, want)
		}
	}
	for program, want := range map[string]string{
		"nginx": "nginx", "openresty": "nginx", "haproxy": "HAProxy", "python3.11": "Python", "java": "Java", "nodejs": "Node.js",
		"node_exporter": "", "haproxy_exporter": "", "": "",
	} {
		got := ""
		if of := reuse(program); len(of) == 1 {
			got = of[0].Name
		}
		if got != want {
			t.Errorf("%q pools as %q, want %q", program, got, want)
		}
	}
}
