package conn

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/katop/katop/internal/golden"
)

// TestFindingText holds the text of every kind of finding, for each of the
// programs that get an answer of their own.
func TestFindingText(t *testing.T) {
	t.Parallel()
	closeWait := func(_ int, c *Connection) { c.State, c.TCP.LastAckRecv = StateCloseWait, time.Hour }
	halfOpen := func(_ int, c *Connection) { c.MirrorGone, c.TCP.LastAckRecv = true, 2*time.Hour }
	unanswered := func(_ int, c *Connection) { c.ProbeSilent, c.TCP.LastAckRecv = 3, 2*time.Hour }
	patient := keepaliveOf(kernelDefaults())
	exhausting := busyHost(17640, 3500, 10, sysctlsOfRange)
	exhausting.Namespaces[0].NetNS.Name = hostName
	for i := range exhausting.Connections {
		exhausting.Connections[i].NetNS.Name = hostName
	}
	namespaces := onHost(fault(2, "java", "10.0.0.5:5432", "10.0.3.17:50000", patient))
	namespaces.Namespaces = []Namespace{
		{NetNS: NetNS{hostNS, "host"}, Sysctls: Sysctls{Keepalive: kernelDefaults(), Known: true}},
		{NetNS: NetNS{podNS, "blue"}, Sysctls: Sysctls{Keepalive: kernelDefaults(), Known: true}},
		{NetNS: NetNS{7, "green"}, Sysctls: Sysctls{Keepalive: kernelDefaults(), Known: true}},
		{NetNS: NetNS{8, "tuned"}, Sysctls: Sysctls{Keepalive: params(300, 30, 3), Known: true}},
		{NetNS: NetNS{9, "unknown"}},
	}
	crawler := fault(240, "crawler", "10.0.0.5:50000", "10.0.9.4:8000", func(i int, c *Connection) {
		keepaliveOff(time.Hour)(i, c)
		c.Remote = netip.AddrPortFrom(c.Remote.Addr(), c.Remote.Port()+uint16(i))
	})
	nobody := exhausting.Connections[:len(exhausting.Connections)-1]
	elsewhere := whole(slices.Clone(nobody)...)
	elsewhere.Namespaces = []Namespace{{NetNS: NetNS{hostNS, "blue"}, Sysctls: Sysctls{PortRange: [2]uint16{40000, 60999}, Known: true}}, {NetNS: NetNS{podNS, "host"}}}
	for i := range elsewhere.Connections {
		elsewhere.Connections[i].NetNS.Name = "blue"
	}
	for _, tt := range []struct {
		file     string
		kind     FindingKind
		snapshot *Snapshot
	}{
		{"ports_nobody", FindingPorts, elsewhere},
		{"no_keepalive_unknown", FindingNoKeepalive, onHost(fault(2, "", "10.0.0.5:8000", "192.0.2.7:50000", keepaliveOff(time.Hour)))},
		{"no_keepalive_unheard", FindingNoKeepalive, onHost(fault(2, "redis-server", "10.0.0.5:50000", "192.0.2.7:6379", func(i int, c *Connection) {
			keepaliveOff(time.Hour)(i, c)
			c.TCP = TCP{}
		}))},
		{"no_keepalive_ports", FindingNoKeepalive, onHost(crawler)},
		{"close_wait_nginx", FindingCloseWait, onHost(fault(2, "nginx", "10.0.0.5:443", "192.0.2.7:50000", closeWait))},
		{"half_open", FindingHalfOpen, onHost(fault(3, "java", "127.0.0.1:40000", "127.0.0.1:7001", halfOpen))},
		{"half_open_unanswered", FindingHalfOpen, onHost(fault(2, "java", "10.0.0.5:40000", "10.0.9.4:7001", unanswered))},
		{"half_open_unanswered_many", FindingHalfOpen, onHost(fault(20, "nginx", "10.0.0.5:443", "192.0.2.7:50000", unanswered))},
		{"ports", FindingPorts, exhausting},
		{"ports_open", FindingPorts, onHostOf(openTowards(990, 10), Sysctls{PortRange: [2]uint16{32000, 32999}, TimeWaitReuse: 1, Known: true})},
		{"close_wait", FindingCloseWait, onHost(fault(211, "java", "10.0.0.5:41022", "10.0.9.4:9092", closeWait))},
		{"close_wait_server", FindingCloseWait, onHost(fault(2, "python3", "10.0.0.5:8000", "192.0.2.7:50000", closeWait))},
		{"close_wait_unknown", FindingCloseWait, onHost(fault(1, "", "10.0.0.5:41022", "10.0.9.4:9092", closeWait))},
		{"close_wait_unaccepted", FindingCloseWait, onHost(append(listeners(129, "python3", "0.0.0.0:7003"),
			fault(3, "", "10.0.0.5:7003", "192.0.2.7:50000", func(i int, c *Connection) { closeWait(i, c); c.Inode, c.Cookie = 0, c.Cookie+10 })...))},
		{"accept_queue", FindingAcceptQueue, onHost(listeners(129, "nginx", "0.0.0.0:443"))},
		{"accept_queue_shared", FindingAcceptQueue, onHost(append(listeners(129, "nginx", "0.0.0.0:443"), listeners(400, "nginx", "10.0.0.5:443")...))},
		{"no_keepalive_nginx", FindingNoKeepalive, onHost(fault(312, "nginx", "10.0.0.5:443", "192.0.2.7:50000", keepaliveOff(6*time.Hour)))},
		{"no_keepalive_nginx_upstream", FindingNoKeepalive, onHost(fault(2, "nginx", "10.0.0.5:50000", "10.0.9.4:8080", keepaliveOff(time.Hour)))},
		{"no_keepalive_haproxy", FindingNoKeepalive, onHost(fault(2, "haproxy", "10.0.0.5:443", "192.0.2.7:50000", keepaliveOff(time.Hour)))},
		{"no_keepalive_haproxy_server", FindingNoKeepalive, onHost(fault(2, "haproxy", "10.0.0.5:50000", "10.0.9.4:8080", keepaliveOff(time.Hour)))},
		{"no_keepalive_sshd", FindingNoKeepalive, onHost(fault(2, "sshd", "10.0.0.5:22", "192.0.2.7:50000", keepaliveOff(time.Hour)))},
		{"no_keepalive_python", FindingNoKeepalive, onHost(fault(1, "python3", "10.0.0.5:8000", "192.0.2.7:50000", keepaliveOff(time.Minute)))},
		{"no_keepalive_java", FindingNoKeepalive, onHost(fault(2, "java", "10.0.0.5:50000", "10.0.9.4:9092", keepaliveOff(time.Hour)))},
		{"no_keepalive_node", FindingNoKeepalive, onHost(fault(2, "node", "10.0.0.5:3000", "192.0.2.7:50000", keepaliveOff(time.Hour)))},
		{"no_keepalive_node_client", FindingNoKeepalive, onHost(fault(2, "nodejs", "10.0.0.5:50000", "10.0.9.4:9000", keepaliveOff(time.Hour)))},
		{"no_keepalive_other", FindingNoKeepalive, onHost(fault(2, `my "app|1`, "10.0.0.5:9000", "192.0.2.7:50000", keepaliveOff(time.Hour)))},
		{"no_keepalive_other_client", FindingNoKeepalive, onHost(fault(2, "agent", "10.0.0.5:50000", "10.0.9.4:9000", keepaliveOff(time.Hour)))},
		{"slow_detection_postgres", FindingSlowDetection, onHost(fault(5, "postgres", "10.0.0.5:5432", "10.0.3.17:51544", patient))},
		{"slow_detection_libpq", FindingSlowDetection, onHost(fault(5, "postgres", "10.0.0.5:51544", "10.0.3.17:5432", patient))},
		{"slow_detection_mysql", FindingSlowDetection, onHost(fault(5, "mysqld", "10.0.0.5:3306", "10.0.3.17:51544", patient))},
		{"slow_detection_mariadb", FindingSlowDetection, onHost(fault(5, "mariadbd", "10.0.0.5:3306", "10.0.3.17:51544", patient))},
		{"slow_detection_redis", FindingSlowDetection, onHost(fault(5, "redis-server", "10.0.0.5:6379", "10.0.3.17:51544", patient))},
		{"middlebox", FindingMiddlebox, onHost(fault(41, "java", "10.0.0.5:50000", "10.0.9.4:9092", patient))},
		{"middlebox_ipv6", FindingMiddlebox, onHost(fault(2, "java", "[2001:db8::5]:50000", "[2001:db8:9:1::4]:9092", func(i int, c *Connection) {
			c.Keepalive.Params = params(time.Duration(400+i*200), 30, 3)
		}))},
		{"over_probing", FindingOverProbing, onHost(fault(480, "python3", "10.0.0.5:8000", "192.0.2.7:50000", keepaliveOf(params(1, 1, 3))))},
		{"over_probing_client", FindingOverProbing, onHost(fault(480, "node-MainThread", "10.0.0.5:50000", "10.0.9.4:8000", keepaliveOf(params(1, 1, 3))))},
		{"over_probing_unanswered", FindingOverProbing, onHost(append(
			fault(20, "python3", "10.0.0.5:8000", "192.0.2.7:50000", keepaliveOf(params(2, 1, 3))),
			fault(4, "java", "10.0.0.5:9000", "192.0.2.8:50000", func(i int, c *Connection) {
				c.Cookie, c.Keepalive.Params = c.Cookie+100, params(300, 1, 9)
				if i < 2 {
					c.Timer.Retries = 2
				}
			})...))},
		{"kernel_defaults", FindingKernelDefaults, namespaces},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			of := found(t, tt.kind, tt.snapshot)
			if len(of) != 1 {
				t.Fatalf("%d findings, want 1", len(of))
			}
			golden.Check(t, "finding_"+tt.file+".txt", of[0].text())
			checkFilter(t, tt.snapshot, &of[0])
			checkWidth(t, &of[0])
		})
	}
}

// remedyWidth is how wide the lines of a remedy may be, names that they hold
// apart: they are read on terminals of 80 columns.
const remedyWidth = 76

// checkWidth holds that remedies can be read on 80 columns. Lines with names in
// them are as long as these.
func checkWidth(t *testing.T, f *Finding) {
	t.Helper()
	for _, r := range f.Remedies {
		for line := range strings.SplitSeq(r.Text, "\n") {
			if utf8.RuneCountInString(line) > remedyWidth && !strings.Contains(line, "katop ") && !strings.HasPrefix(line, "nsenter ") {
				t.Errorf("%s: %d columns: %s", r.Name, utf8.RuneCountInString(line), line)
			}
			if strings.Contains(line, "\t") || strings.TrimRight(line, " ") != line {
				t.Errorf("%s: %q has a tab, or blanks at its end", r.Name, line)
			}
		}
	}
}
