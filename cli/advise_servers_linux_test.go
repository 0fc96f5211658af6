package cli

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// TestAdvisedSettings gives real programs the settings that katop advises, and
// asks the sockets what came of them.
func TestAdvisedSettings(t *testing.T) {
	t.Parallel()
	needsLab(t)
	const general = "on 300 30 3 0"
	for _, tt := range []struct {
		name    string
		start   func(t *testing.T, s *settings)
		request string            // of the client: it makes a proxy dial its server
		program string            // whose sockets are asked
		want    map[uint16]string // by the port of the service
	}{
		{"nginx", startAdvisedNginx, "GET / HTTP/1.0\r\n\r\n", "nginx", map[uint16]string{servedPort: general, dialedPort: "on 7200 75 9 0"}},
		{"haproxy", startAdvisedHAProxy, "", "haproxy", map[uint16]string{servedPort: general, dialedPort: general}},
		{"redis", startAdvisedRedis, "", "redis-server", map[uint16]string{servedPort: "on 195 65 3 0"}},
		{"postgresql", startAdvisedPostgreSQL, "", "postgres", map[uint16]string{servedPort: "on 300 30 3 390000"}},
		{"libpq", startAdvisedLibpq, "", "psql", map[uint16]string{dialedPort: general}},
		{"node", startAdvisedNode("net"), "", "node", map[uint16]string{servedPort: "on 300 1 10 0", dialedPort: "on 300 1 10 0"}},
		{"node with HTTP", startAdvisedNode("http"), "", "node", map[uint16]string{servedPort: "on 300 1 10 0", dialedPort: "on 300 1 10 0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSettings(t)
			tt.start(t, s)
			if _, serves := tt.want[servedPort]; serves {
				s.dial(tt.request)
			}
			s.await(tt.program, tt.want)
		})
	}
}

// The ports of 127.0.0.1 that the programs serve and dial.
const (
	servedPort = 7200
	dialedPort = 7201
)

// settings is a namespace in which a program is tried, with somebody to dial.
type settings struct {
	*station
	dir string
}

func newSettings(t *testing.T) *settings {
	t.Helper()
	n, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	peer := mustActor(t, n, lab.ActorOptions{Name: "peer"})
	if _, err := peer.Listen(loopback(dialedPort), lab.Options{}); err != nil {
		t.Fatal(err)
	}
	return &settings{station: newStation(t, n), dir: t.TempDir()}
}

func loopback(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
}

// dial connects to the program as soon as it serves, and sends it a request.
func (s *settings) dial(request string) {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var c net.Conn
		err := s.ns.Do(func() (err error) {
			c, err = net.DialTCP("tcp4", nil, net.TCPAddrFromAddrPort(loopback(servedPort)))
			return err
		})
		if err == nil {
			s.t.Cleanup(func() { c.Close() })
			if _, err := c.Write([]byte(request)); err != nil {
				s.t.Fatal(err)
			}
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("nobody serves port %d: %v", servedPort, err)
		}
	}
}

// await waits until the sockets of a program have these options, by the port of
// the service.
func (s *settings) await(program string, want map[uint16]string) {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		got := s.options(program)
		if fmt.Sprint(got) == fmt.Sprint(want) {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("sockets of %s: %v, want %v", program, got, want)
		}
	}
}

// options are those of the connections of a program.
func (s *settings) options(program string) map[uint16]string {
	s.t.Helper()
	r := s.call(s.command("list -o json state:estab proc:" + program))
	var list struct {
		Connections []struct {
			Local, Remote endpoint
			Keepalive     options
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &list); err != nil {
		s.t.Fatalf("%v: %q %q", err, r.stdout, r.stderr)
	}
	all := map[uint16]string{}
	for _, c := range list.Connections {
		port := c.Remote.Port
		if port != dialedPort {
			port = c.Local.Port
		}
		all[port] = c.Keepalive.String()
	}
	return all
}

// advised is the text that katop advises for a program's connections without
// keepalive, under a name.
func (s *settings) advised(program, remedy string, outgoing bool) string {
	s.t.Helper()
	host := host()
	c := &host.Connections[0]
	c.Owners = []conn.Owner{{PID: 1, Name: program}}
	c.Local, c.Remote = loopback(servedPort), loopback(50000)
	if outgoing {
		c.Local, c.Remote = loopback(50000), loopback(dialedPort)
	}
	host.Connections = host.Connections[:1]
	r := katop(s.t, &fakeSource{snapshot: host}, false, "advise", "-o", "json")
	var read struct {
		Findings []struct {
			Remedies []struct{ Name, Text string }
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &read); err != nil || len(read.Findings) != 1 {
		s.t.Fatalf("%v in %s", err, r.stdout)
	}
	for _, found := range read.Findings[0].Remedies {
		if found.Name == remedy {
			return found.Text
		}
	}
	s.t.Fatalf("no remedy %q for %s in %s", remedy, program, r.stdout)
	return ""
}

// write makes a file of a configuration.
func (s *settings) write(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // servers read it as somebody else
		s.t.Fatal(err)
	}
	return path
}

// start starts a program that the test cannot do without.
func (s *settings) start(name string, args ...string) {
	s.t.Helper()
	startServer(s.t, s.ns, exec.CommandContext(s.t.Context(), needs(s.t, name), args...)) //nolint:gosec // by the tests
}

// needs finds a program, or skips the test. Debian keeps PostgreSQL's own apart.
func needs(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if apart, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); len(apart) > 0 {
		return apart[len(apart)-1]
	}
	t.Skipf("needs %s: %v", name, err)
	return ""
}

func startAdvisedNginx(_ *testing.T, s *settings) {
	listen := strings.Replace(s.advised("nginx", "nginx", false), fmt.Sprintf("listen %d ", servedPort), fmt.Sprintf("listen 127.0.0.1:%d ", servedPort), 1)
	conf := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log; events {}
http { access_log off;
client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
server {
%[2]s
location / {
%[3]s
proxy_pass http://127.0.0.1:%[4]d; } } }`, s.dir, listen, s.advised("nginx", "nginx", true), dialedPort)
	s.start("nginx", "-p", s.dir, "-c", s.write("nginx.conf", conf), "-e", s.dir+"/error.log")
}

func startAdvisedHAProxy(_ *testing.T, s *settings) {
	conf := fmt.Sprintf("defaults\nmode tcp\ntimeout connect 9s\ntimeout client 9m\ntimeout server 9m\n"+
		"frontend served\nbind 127.0.0.1:%d\ndefault_backend dialed\n%s\nbackend dialed\nserver peer 127.0.0.1:%d\n%s\n",
		servedPort, s.advised("haproxy", "HAProxy", false), dialedPort, s.advised("haproxy", "HAProxy", true))
	s.start("haproxy", "-db", "-f", s.write("haproxy.cfg", conf))
}

func startAdvisedRedis(_ *testing.T, s *settings) {
	conf := fmt.Sprintf("bind 127.0.0.1\nport %d\nsave \"\"\ndir %s\n%s\n", servedPort, s.dir, s.advised("redis-server", "Redis", false))
	s.start("redis-server", s.write("redis.conf", conf))
}

// startAdvisedPostgreSQL starts it as the user of its package: it refuses root.
func startAdvisedPostgreSQL(t *testing.T, s *settings) {
	binary, err := filepath.EvalSymlinks(needs(t, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Skipf("needs the user that PostgreSQL takes: %v", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	data, err := os.MkdirTemp("", "katop-postgres") //nolint:usetesting // t.TempDir lies in a folder that is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(data) })
	if err := os.Chown(data, uid, gid); err != nil {
		t.Fatal(err)
	}
	as := func(name string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(binary), name), args...) //nolint:gosec // PostgreSQL's own
		cmd.Dir = data
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}} //nolint:gosec // of passwd
		return cmd
	}
	if out, err := as("initdb", "-D", data, "--no-sync", "-A", "trust").CombinedOutput(); err != nil {
		t.Skipf("needs initdb beside postgres: %v: %s", err, out)
	}
	conf := fmt.Sprintf("listen_addresses = '127.0.0.1'\nport = %d\nunix_socket_directories = ''\nfsync = off\n%s\n",
		servedPort, s.advised("postgres", "PostgreSQL", false))
	if err := os.WriteFile(filepath.Join(data, "postgresql.conf"), []byte(conf), 0o644); err != nil { //nolint:gosec // its owner is another
		t.Fatal(err)
	}
	startServer(t, s.ns, as("postgres", "-D", data))
}

func startAdvisedLibpq(_ *testing.T, s *settings) {
	text := s.advised("postgres", "PostgreSQL, as a client", true)
	_, parameters, _ := strings.Cut(text, "\n")
	s.start("psql", fmt.Sprintf("host=127.0.0.1 port=%d user=nobody %s", dialedPort, parameters))
}

// startAdvisedNode is a program that serves with a module, and dials.
func startAdvisedNode(module string) func(*testing.T, *settings) {
	return func(_ *testing.T, s *settings) {
		server := strings.Replace(s.advised("node", "Node.js, as a server", false), "net.createServer", "const server = "+module+".createServer", 1)
		script := fmt.Sprintf(`const net = require('net'), http = require('http');
%s
server.on('connection', () => {});
server.listen(%d, '127.0.0.1');
const socket = net.connect(%d, '127.0.0.1', () => {
%s
});
`, server, servedPort, dialedPort, s.advised("node", "Node.js, as a client", true))
		s.start("node", s.write("keepalive.js", script))
	}
}
