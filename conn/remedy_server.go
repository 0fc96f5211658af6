package conn

import "fmt"

// The remedies of servers that have settings for keepalive.

// knownServer is a server that is known by the name of its process.
type knownServer struct {
	names    []string
	accepted func(*advisor, service) Remedy // for the connections that it accepts
	opened   func(*advisor, service) Remedy // for those that it opens; nil: it has no setting for them
}

func knownServers() []knownServer {
	return []knownServer{
		{[]string{"nginx", "openresty"}, (*advisor).nginx, (*advisor).nginxUpstream},
		{[]string{"haproxy"}, (*advisor).haproxy, (*advisor).haproxy},
		{[]string{"postgres", "postmaster"}, (*advisor).postgresql, (*advisor).libpq},
		{[]string{"mysqld"}, (*advisor).mysql, nil},
		{[]string{"mariadbd"}, (*advisor).mariadb, nil},
		{[]string{"redis-server", "valkey-server"}, (*advisor).redis, nil},
		{[]string{"sshd", "sshd-session"}, (*advisor).sshd, nil},
	}
}

// server is how a server that is known is told.
func (a *advisor) server(s service) (known bool, remedies []Remedy) {
	for _, server := range knownServers() {
		for _, name := range server.names {
			switch {
			case s.program != name:
			case !s.outgoing:
				return true, []Remedy{server.accepted(a, s)}
			case server.opened != nil:
				return true, []Remedy{server.opened(a, s)}
			default:
				return true, nil
			}
		}
	}
	return false, nil
}

// nginx takes the parameters as Params.Compact writes them (ngx_http_core_module,
// listen).
func (a *advisor) nginx(s service) Remedy {
	port := "PORT"
	if s.port != 0 {
		port = fmt.Sprint(s.port)
	}
	return Remedy{"nginx", fmt.Sprintf(`# on the listen line that is there, beside ssl and what else it has; once
# for each address and port; then: nginx -t && nginx -s reload
listen %s so_keepalive=%s;`, port, a.params.Compact())}
}

// nginxUpstream can only turn keepalive on (ngx_http_proxy_module, since 1.15.6).
func (a *advisor) nginxUpstream(service) Remedy {
	return Remedy{"nginx", `# in http, server or location; beside proxy_ there are fastcgi_, grpc_,
# scgi_ and uwsgi_socket_keepalive. The times are those of the sysctls.
proxy_socket_keepalive on;`}
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

// postgresql has keepalive on for every client. A backend reads the file again
// before its next query (tcop/postgres.c, PostgresMain).
func (a *advisor) postgresql(service) Remedy {
	return Remedy{"PostgreSQL", fmt.Sprintf(`# postgresql.conf, then: SELECT pg_reload_conf();
# sessions that are open take it up with their next query
tcp_keepalives_idle = %d
tcp_keepalives_interval = %d
tcp_keepalives_count = %d
# since PostgreSQL 12, in ms: bounds data without an answer, too; the count
# is out of force then
tcp_user_timeout = %d`, a.idle(), a.interval(), a.params.Count, a.detects()*1000)}
}

// libpq is what PostgreSQL, and much else, is a client with.
func (a *advisor) libpq(service) Remedy {
	return Remedy{"PostgreSQL, as a client", fmt.Sprintf(
		"# in the connection string; of a standby, in primary_conninfo\nkeepalives=1 keepalives_idle=%d keepalives_interval=%d keepalives_count=%d",
		a.idle(), a.interval(), a.params.Count)}
}

// mysql turns keepalive on for every client and lets nobody set its times: the
// variables are MariaDB's alone.
func (a *advisor) mysql(service) Remedy {
	return Remedy{"MySQL", `# mysqld turns keepalive on, and takes its times from the sysctls: it has no
# setting for them. Its wait_timeout (28800 s) ends who sends no query for
# so long, dead or idle.
# MariaDB, which may run under this name, has settings:
` + a.mariadbSettings()}
}

func (a *advisor) mariadb(service) Remedy { return Remedy{"MariaDB", a.mariadbSettings()} }

func (a *advisor) mariadbSettings() string {
	return fmt.Sprintf(`# for new connections at once: SET GLOBAL tcp_keepalive_time = %[1]d; ...
# Since MariaDB 10.3.3: an older one does not start with them.
[mariadb]
tcp_keepalive_time = %[1]d
tcp_keepalive_interval = %[2]d
tcp_keepalive_probes = %[3]d`, a.idle(), a.interval(), a.params.Count)
}

// redis takes the idle time alone: the interval is a third of it, the count 3
// (src/anet.c, anetKeepAlive).
func (a *advisor) redis(service) Remedy {
	idle := max(1, a.detects()/2)
	return Remedy{"Redis", fmt.Sprintf(`# redis.conf; for new clients now: redis-cli CONFIG SET tcp-keepalive %[1]d
# Redis makes %[1]d/%[2]d/3 of it: a dead client is found after %[3]d s
tcp-keepalive %[1]d`, idle, max(1, idle/3), idle+3*max(1, idle/3))}
}

// sshd asks its client through the encrypted channel, which nobody on the way
// can answer. It ends at the question after the last one that may go unanswered
// (serverloop.c, client_alive_check); 9.2 asks half as often as it is told.
func (a *advisor) sshd(service) Remedy {
	every := max(1, a.detects()/(a.params.Count+1))
	return Remedy{"sshd", fmt.Sprintf(`# /etc/ssh/sshd_config.d/keepalive.conf, then, for new sessions:
# sshd -t && systemctl reload ssh   (sshd on Fedora, SUSE and Arch)
# It asks through the encrypted channel, and ends who leaves %[2]d in a row
# unanswered: after %[3]d s at the soonest.
ClientAliveInterval %[1]d
ClientAliveCountMax %[2]d
# TCP keepalive beside it takes its times from the sysctls
TCPKeepAlive yes`, every, a.params.Count, every*(a.params.Count+1))}
}
