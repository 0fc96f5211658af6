package conn

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Each text that is to keep connections for the next request is run, where there
// is what runs it, and the connections are counted that a server accepts.

// countingServer answers every request and counts the connections that they come
// on.
func countingServer(t *testing.T) (address string, accepted *atomic.Int32) {
	t.Helper()
	accepted = &atomic.Int32{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "answered\n")
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			accepted.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), accepted
}

func wantOne(t *testing.T, accepted *atomic.Int32) {
	t.Helper()
	if n := accepted.Load(); n != 1 {
		t.Errorf("%d connections for all requests, want 1", n)
	}
}

// TestGoPools holds, too, that the client goes through a proxy as Go's own does.
func TestGoPools(t *testing.T) {
	t.Parallel()
	address, accepted := countingServer(t)
	program := `package main

import (
	"io"
	"net/http"
)

func main() {
` + reuse("x")[0].Text + `
	if t.Proxy == nil || t.IdleConnTimeout == 0 || t.TLSHandshakeTimeout == 0 {
		panic("it lacks what http.DefaultTransport has")
	}
	for range 2 {
		response, err := client.Get("http://` + address + `")
		if err != nil {
			panic(err)
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
}
`
	runs(t, "go", "run", write(t, "pool.go", program))
	wantOne(t, accepted)
}

func TestNodePools(t *testing.T) {
	t.Parallel()
	address, accepted := countingServer(t)
	script := "const http = require('http');\n" + reuse("node")[0].Text + `
const get = (then) => http.get('http://` + address + `', { agent }, (response) => {
	response.resume();
	response.on('end', () => setTimeout(then, 50));
});
get(() => get(() => agent.destroy()));
`
	runs(t, "node", write(t, "pool.js", script))
	wantOne(t, accepted)
}

// TestNginxPools and TestHAProxyPools ask as clients that close their own
// connections: what the proxy opens is what counts.
func TestNginxPools(t *testing.T) {
	t.Parallel()
	address, accepted := countingServer(t)
	pool := strings.NewReplacer("NAME", "pool", "HOST:PORT", address).Replace(reuse("nginx")[0].Text)
	upstream, location, _ := strings.Cut(pool, "# where")
	dir, port := t.TempDir(), freePort(t)
	conf := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log stderr; events {}
http { access_log off;
client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
%[2]s
server {
listen 127.0.0.1:%[3]d;
location / {
# where%[4]s
proxy_pass http://pool; } } }`, dir, upstream, port, location)
	serves(t, "nginx", "-p", dir, "-e", "stderr", "-c", write(t, "nginx.conf", conf))
	for range 3 {
		ask(t, port, 1)
	}
	wantOne(t, accepted)
}

func TestHAProxyPools(t *testing.T) {
	t.Parallel()
	address, accepted := countingServer(t)
	pool := strings.NewReplacer("NAME", "pool", "HOST:PORT", address, "# retry-on", "retry-on").Replace(reuse("haproxy")[0].Text)
	port := freePort(t)
	conf := fmt.Sprintf(`global
nbthread 1
defaults
mode http
timeout connect 9s
timeout client 9s
timeout server 9s
frontend one
bind 127.0.0.1:%d
default_backend pool
%s
`, port, pool)
	serves(t, "haproxy", "-db", "-f", write(t, "haproxy.cfg", conf))
	ask(t, port, 2) // then the connection has been used again
	for range 3 {
		ask(t, port, 1)
	}
	wantOne(t, accepted)
}

// serves starts a proxy, or skips the test.
func serves(t *testing.T, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("needs %s: %v", name, err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the context has ended it
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// ask makes requests on a connection of their own, as soon as somebody serves
// the port.
func ask(t *testing.T, port, requests int) {
	t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	for end := time.Now().Add(10 * time.Second); requests > 0; {
		response, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d", port))
		if err != nil {
			if time.Now().After(end) {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond)
			continue
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(body) != "answered\n" {
			t.Fatalf("%v: %q", err, body)
		}
		requests--
	}
}
