package conn

import (
	"fmt"
	"slices"
	"strings"
)

// The remedies of the kernel and of systemd.

// kernel sets the sysctls of the host, or of the network namespaces named. A
// socket without times of its own takes them when its timer fires next, so they
// reach those that are open (include/net/tcp.h, keepalive_time_when).
func (a *advisor) kernel(namespaces []string) []Remedy {
	var now strings.Builder
	now.WriteString("# for sockets with SO_KEEPALIVE and no times of their own, open ones included; turns it on for nobody\n")
	for _, into := range entrances(namespaces) {
		fmt.Fprintf(&now, "%ssysctl -w net.ipv4.tcp_keepalive_time=%d net.ipv4.tcp_keepalive_intvl=%d net.ipv4.tcp_keepalive_probes=%d\n",
			into, a.idle(), a.interval(), a.params.Count)
	}
	lasting := fmt.Sprintf(`# /etc/sysctl.d/60-keepalive.conf, then: sysctl --system
# a container has sysctls of its own: docker run --sysctl net.ipv4.tcp_keepalive_time=%[1]d
net.ipv4.tcp_keepalive_time = %[1]d
net.ipv4.tcp_keepalive_intvl = %[2]d
net.ipv4.tcp_keepalive_probes = %[3]d`, a.idle(), a.interval(), a.params.Count)
	return []Remedy{
		{"sysctl, until the next boot", strings.TrimSuffix(now.String(), "\n")},
		{"sysctl, for good", lasting},
	}
}

// entrances are what stands before a command to run it in each of the
// namespaces. One without a name is entered by a process in it.
func entrances(namespaces []string) []string {
	if len(namespaces) == 0 {
		return []string{""}
	}
	into := make([]string, 0, len(namespaces))
	for _, name := range namespaces {
		switch name {
		case "host":
			into = append(into, "")
		case "":
			into = append(into, "nsenter --target PID --net ")
		default:
			into = append(into, "nsenter --net="+shellWord("/run/netns/"+name)+" ")
		}
	}
	slices.Sort(into)
	return slices.Compact(into)
}

// ephemeral widens the range of ports, and takes them back sooner.
func (a *advisor) ephemeral() []Remedy {
	const settings = `net.ipv4.ip_local_port_range = 10240 65535
net.ipv4.tcp_tw_reuse = 1`
	return []Remedy{
		{"sysctl, until the next boot", `# more ports, and those in TIME-WAIT again after a second if both sides use timestamps; it only puts it off
sysctl -w net.ipv4.ip_local_port_range='10240 65535' net.ipv4.tcp_tw_reuse=1`},
		{"sysctl, for good", "# /etc/sysctl.d/60-ports.conf, then: sysctl --system\n" + settings},
	}
}

// socketUnit is for a service that systemd hands its listening socket to.
func (a *advisor) socketUnit() Remedy {
	return Remedy{"systemd socket unit", fmt.Sprintf(`# systemctl edit NAME.socket, then: systemctl restart NAME.socket
[Socket]
KeepAlive=yes
KeepAliveTimeSec=%d
KeepAliveIntervalSec=%d
KeepAliveProbes=%d`, a.idle(), a.interval(), a.params.Count)}
}
