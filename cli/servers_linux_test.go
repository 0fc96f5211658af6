package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/katop/katop/lab"
)

// installed finds a program, or says that the test goes on without it.
func installed(t *testing.T, name string) (string, bool) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Logf("%s is not installed: not tried with it", name)
	}
	return path, err == nil
}

// startRedis starts a stock redis-server that is told to leave keepalive off.
func startRedis(t *testing.T, ns *lab.Namespace) bool {
	t.Helper()
	path, ok := installed(t, "redis-server")
	if !ok {
		return false
	}
	startServer(t, ns, exec.CommandContext(t.Context(), path, "--bind", lab.NearAddr4.String(), "--port", fmt.Sprint(redisPort),
		"--tcp-keepalive", "0", "--timeout", "0", "--save", "", "--appendonly", "no", "--protected-mode", "no", "--dir", t.TempDir()))
	return true
}

// startNginx starts a stock nginx without workers.
func startNginx(t *testing.T, ns *lab.Namespace) bool {
	t.Helper()
	path, ok := installed(t, "nginx")
	if !ok {
		return false
	}
	folder := t.TempDir()
	conf := fmt.Sprintf("daemon off;\nmaster_process off;\npid %[1]s/pid;\nerror_log %[1]s/error.log;\nevents {}\n"+
		"http {\n  access_log off;\n  client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;\n"+
		"  server { listen %[2]s:%[3]d; }\n}\n", folder, lab.NearAddr4, nginxPort)
	file := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	startServer(t, ns, exec.CommandContext(t.Context(), path, "-p", folder, "-c", file, "-e", folder+"/error.log"))
	return true
}

func startServer(t *testing.T, ns *lab.Namespace, cmd *exec.Cmd) {
	t.Helper()
	p, err := ns.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Kill() })
}
