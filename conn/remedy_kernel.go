package conn

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The remedies of the kernel and of systemd.

// kernel sets the sysctls of network namespaces, which hold for IPv4 and IPv6
// alike. A socket without times of its own takes them when its timer fires next
// (include/net/tcp.h, keepalive_time_when).
func (a *advisor) kernel(namespaces []NetNS) []Remedy {
	settings := [...]string{
		fmt.Sprintf("net.ipv4.tcp_keepalive_time=%d", a.idle()),
		fmt.Sprintf("net.ipv4.tcp_keepalive_intvl=%d", a.interval()),
		fmt.Sprintf("net.ipv4.tcp_keepalive_probes=%d", a.params.Count),
	}
	now := []string{
		"# for sockets with SO_KEEPALIVE and no times of their own, those that are",
		"# open when their timer fires next; it turns keepalive on for nobody",
	}
	for _, into := range a.entrances(namespaces) {
		now = append(now, sysctl(into, settings[:]))
	}
	remedies := []Remedy{{"sysctl, until the next boot", strings.Join(now, "\n")}}
	if len(namespaces) == 0 || slices.ContainsFunc(namespaces, a.isHost) {
		remedies = append(remedies, Remedy{"sysctl, for good", "# /etc/sysctl.d/60-keepalive.conf, then: sysctl --system\n" + assignments(settings[:])})
	}
	if slices.ContainsFunc(namespaces, isApart) {
		remedies = append(remedies, Remedy{"network namespace, for good", `# a new one has the kernel's values, whatever the host's are.
# Where a container runtime made it, podman likewise:
docker run \
  --sysctl ` + strings.Join(settings[:], " \\\n  --sysctl ") + ` IMAGE
# else whatever makes it has to set them each time, as "sysctl, until the
# next boot" does`})
	}
	return remedies
}

// sysctl is the command that makes settings, behind what enters a namespace.
func sysctl(into string, settings []string) string {
	return into + "sysctl -w \\\n  " + strings.Join(settings, " \\\n  ")
}

// assignments are settings as sysctl.conf(5) has them.
func assignments(settings []string) string {
	return strings.ReplaceAll(strings.Join(settings, "\n"), "=", " = ")
}

// hostName is the name of the namespace that the host's services are in.
const hostName = "host"

// isHost tells whether /etc/sysctl.d is for the namespace. Of one that has no
// name it may be.
func (a *advisor) isHost(ns NetNS) bool {
	return ns.Name == hostName || ns.Name == "" && a.alone()
}

// isApart tells whether a namespace is none of which the host sets the sysctls
// when it boots. Whether a container runtime made it is not known here: a shell
// under unshare(1), ip-netns(8) or a unit with PrivateNetwork= may have.
func isApart(ns NetNS) bool { return ns.Name != hostName }

// alone tells whether the snapshot is of one namespace: the one that katop is in.
func (a *advisor) alone() bool { return len(a.snapshot.Namespaces) <= 1 && !a.snapshot.AllNamespaces }

// namespaces are those of the rows, by name.
func (a *advisor) namespaces(rows []int32) []NetNS {
	var found []NetNS
	met := map[uint64]bool{}
	for _, row := range rows {
		if ns := a.snapshot.Connections[row].NetNS; !met[ns.Inode] {
			met[ns.Inode] = true
			found = append(found, ns)
		}
	}
	return found
}

// entrances are what stands before a command to run it in each of the
// namespaces. One without a file or a name is entered by a process in it, and so
// is one whose name would act on a terminal.
func (a *advisor) entrances(namespaces []NetNS) []string {
	if len(namespaces) == 0 {
		return []string{""}
	}
	into := make([]string, 0, len(namespaces))
	for _, ns := range namespaces {
		switch file := a.file(ns); {
		case a.isHost(ns):
			into = append(into, "")
		case printable(file) && file != "":
			into = append(into, "nsenter --net="+shellWord(file)+" ")
		default:
			into = append(into, "nsenter --target "+a.inhabitant(ns)+" --net ")
		}
	}
	slices.Sort(into)
	return slices.Compact(into)
}

// file stands for a namespace, "" if none is known.
func (a *advisor) file(ns NetNS) string {
	for i := range a.snapshot.Namespaces {
		if n := &a.snapshot.Namespaces[i]; n.NetNS.Inode == ns.Inode && n.Path != "" {
			return n.Path
		}
	}
	if ns.Name == "" {
		return ""
	}
	return "/run/netns/" + ns.Name
}

// inhabitant is the PID of a process in a namespace.
func (a *advisor) inhabitant(ns NetNS) string {
	for i := range a.snapshot.Connections {
		c := &a.snapshot.Connections[i]
		if owner, known := c.Owner(); known && c.NetNS.Inode == ns.Inode {
			return strconv.Itoa(int(owner.PID))
		}
	}
	return "PID"
}

// widest are the ports that may be handed out without harm to the well-known
// ones.
var widest = [2]uint16{10240, 65535}

// ephemeral widens the range of ports, where it can be, and takes those in
// TIME-WAIT back sooner, where that is of use: only the kernel's tcp_tw_reuse does
// so safely, with timestamps (net/ipv4/tcp_ipv4.c, tcp_twsk_unique).
func (a *advisor) ephemeral(ns Namespace, waits bool) []Remedy {
	var about, settings []string
	if waits {
		about = append(about, "# those in TIME-WAIT are taken again after a second, where both sides use\n# TCP timestamps; it only puts the end off")
		settings = append(settings, "net.ipv4.tcp_tw_reuse=1")
	}
	ports := ns.Sysctls.PortRange
	if wide := [2]uint16{min(ports[0], widest[0]), max(ports[1], widest[1])}; wide != ports {
		about = append(about, "# more ports: a service that starts in the range may find its own taken,\n# unless net.ipv4.ip_local_reserved_ports has it")
		settings = append(settings, fmt.Sprintf("net.ipv4.ip_local_port_range='%d %d'", wide[0], wide[1]))
	}
	if len(settings) == 0 {
		return nil
	}
	into := a.entrances([]NetNS{ns.NetNS})[0]
	remedies := []Remedy{{"sysctl, until the next boot", strings.Join(about, "\n") + "\n" + sysctl(into, settings)}}
	if a.isHost(ns.NetNS) {
		lasting := strings.ReplaceAll(assignments(settings), "'", "")
		remedies = append(remedies, Remedy{"sysctl, for good", "# /etc/sysctl.d/60-ports.conf, then: sysctl --system\n" + lasting})
	}
	return remedies
}

// socketUnit is for a service that systemd hands its listening socket to, whose
// settings the connections inherit. The socket does not start again while the
// service has it (systemd, socket_start).
func (a *advisor) socketUnit() Remedy {
	return Remedy{"systemd socket unit", fmt.Sprintf(`# only where systemd opens the socket: systemctl edit NAME.socket, then:
# systemctl restart NAME.socket NAME.service
[Socket]
KeepAlive=yes
KeepAliveTimeSec=%d
KeepAliveIntervalSec=%d
KeepAliveProbes=%d`, a.idle(), a.interval(), a.params.Count)}
}
