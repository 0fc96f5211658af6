package conn

import (
	"fmt"
	"strings"
)

// The remedies of servers that have settings for keepalive.

// server is how a server that is known by the name of its process is told, nil
// for other programs.
func (a *advisor) server(s service) []Remedy {
	for _, known := range [...]struct {
		names []string
		text  func(service) Remedy
	}{
		{[]string{"nginx", "openresty"}, a.nginx},
		{[]string{"haproxy"}, a.haproxy},
		{[]string{"postgres", "postmaster"}, a.postgresql},
		{[]string{"mysqld"}, a.mysql},
		{[]string{"mariadbd"}, a.mariadb},
		{[]string{"redis-server", "valkey-server"}, a.redis},
		{[]string{"sshd", "sshd-session"}, a.sshd},
	} {
		for _, name := range known.names {
			if s.program == name {
				return []Remedy{known.text(s)}
			}
		}
	}
	return nil
}

// nginx takes the parameters as Params.Compact writes them (ngx_http_core_module,
// listen). Towards upstreams it can only turn keepalive on.
func (a *advisor) nginx(s service) Remedy {
	if s.outgoing {
		return Remedy{"nginx", "# in http, server or location; the times are those of the sysctls\nproxy_socket_keepalive on;"}
	}
	return Remedy{"nginx", fmt.Sprintf("# in server; one listen of each address and port may have it; then: nginx -t && nginx -s reload\nlisten %d so_keepalive=%s;",
		s.port, a.params.Compact())}
}

func (a *advisor) haproxy(s service) Remedy {
	side, section := "clitcpka", "frontend"
	if s.outgoing {
		side, section = "srvtcpka", "backend"
	}
	return Remedy{"HAProxy", fmt.Sprintf(`# in defaults or %[1]s; the times since HAProxy 2.3
option %[2]s
%[2]s-idle %[3]ds
%[2]s-intvl %[4]ds
%[2]s-cnt %[5]d`, section, side, a.idle(), a.interval(), a.params.Count)}
}

// postgresql has keepalive on for every client. Its clients have parameters of
// their own (libpq, keepalives_idle).
func (a *advisor) postgresql(s service) Remedy {
	if s.outgoing {
		return Remedy{"PostgreSQL, as a client", fmt.Sprintf(
			"# in the connection string (primary_conninfo, for a standby)\nkeepalives=1 keepalives_idle=%d keepalives_interval=%d keepalives_count=%d",
			a.idle(), a.interval(), a.params.Count)}
	}
	return Remedy{"PostgreSQL", fmt.Sprintf(`# postgresql.conf, then: SELECT pg_reload_conf();
tcp_keepalives_idle = %d
tcp_keepalives_interval = %d
tcp_keepalives_count = %d
# bounds data without an answer, too; the count is out of force then; PostgreSQL 12 and later, milliseconds
tcp_user_timeout = %d`, a.idle(), a.interval(), a.params.Count, a.detects()*1000)}
}

// mysql turns keepalive on for every client and lets nobody set its times.
func (a *advisor) mysql(service) Remedy {
	return Remedy{"MySQL", fmt.Sprintf(`# mysqld turns keepalive on and has no setting for its times: it takes those of the sysctls.
# MariaDB, which runs under this name up to 10.4, has them since 10.3.3:
%s`, a.mariadbSettings())}
}

func (a *advisor) mariadb(service) Remedy {
	return Remedy{"MariaDB", a.mariadbSettings()}
}

func (a *advisor) mariadbSettings() string {
	return fmt.Sprintf("[mariadb]\ntcp_keepalive_time = %d\ntcp_keepalive_interval = %d\ntcp_keepalive_probes = %d",
		a.idle(), a.interval(), a.params.Count)
}

// redis takes the idle time alone: the interval is a third of it, the count 3
// (src/anet.c, anetKeepAlive).
func (a *advisor) redis(service) Remedy {
	idle := max(1, a.detects()/2)
	return Remedy{"Redis", fmt.Sprintf(`# redis.conf; now, for new clients: redis-cli CONFIG SET tcp-keepalive %[1]d
# Redis makes %[1]d/%[2]d/3 of it: a dead client is found after %[3]d s
tcp-keepalive %[1]d`, idle, max(1, idle/3), idle+3*max(1, idle/3))}
}

// sshd asks its client through the encrypted connection, which nobody on the way
// can answer (sshd_config(5)).
func (a *advisor) sshd(service) Remedy {
	every := max(1, a.detects()/max(1, a.params.Count))
	return Remedy{"sshd", fmt.Sprintf(`# /etc/ssh/sshd_config.d/keepalive.conf, then: systemctl reload ssh
# asks through the encrypted connection: a dead client is found after %d s
ClientAliveInterval %d
ClientAliveCountMax %d
# TCP keepalive beside it takes its times from the sysctls
TCPKeepAlive yes`, every*a.params.Count, every, a.params.Count)}
}

// reuse is how a program keeps its connections instead of opening new ones.
func (a *advisor) reuse(program string) []Remedy {
	var first []Remedy
	for _, known := range [...]struct{ prefix, name, text string }{
		{"nginx", "nginx", "upstream NAME {\n    server HOST:PORT;\n    keepalive 32;\n}\n# in location\nproxy_http_version 1.1;\nproxy_set_header Connection \"\";"},
		{"haproxy", "HAProxy", "# in backend\nhttp-reuse safe\npool-max-conn 100   # on the server line"},
		{"python", "Python", "session = requests.Session()   # one for all requests, instead of requests.get"},
		{"java", "Java", "HttpClient client = HttpClient.newHttpClient();   // one for all requests"},
		{"node", "Node.js", "const agent = new http.Agent({ keepAlive: true });   // pass it to every request"},
	} {
		if strings.HasPrefix(program, known.prefix) {
			first = append(first, Remedy{known.name, known.text})
		}
	}
	if first == nil {
		first = []Remedy{
			{"Go", "// one http.Client for all requests; read each Body to its end and close it\ntransport := &http.Transport{MaxIdleConnsPerHost: 100}"},
			{"Rust", "let client = reqwest::Client::new(); // one for all requests: clones share its pool"},
		}
	}
	return append(first, a.ephemeral()...)
}
