//go:build linux

package collector

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// askedForName is how many processes of a namespace are asked at most what
// container they are of.
const askedForName = 16

// hostName is the name of the initial network namespace.
const hostName = "host"

// name calls a namespace by what somebody will look for: the container or pod
// of its processes, the name that ip-netns(8) knows, their service, or one of
// them.
func (n *namespaces) name(p *site) string {
	if n.finder.at(1, p) {
		return hostName
	}
	// What the first process of all is in tells nothing: then katop is in it too.
	around := netnsName(n.cgroup(1))
	pids := n.finder.residents(p.inode)
	slices.Sort(pids)
	var container, service string
	for _, pid := range pids[:min(len(pids), askedForName)] {
		found := netnsName(n.cgroup(pid))
		if found.container != "" && found.container != around.container {
			container = found.container
			break
		}
		if found.service != around.service {
			service = cmp.Or(service, found.service)
		}
	}
	process := ""
	if len(pids) > 0 {
		pid := strconv.Itoa(int(pids[0]))
		process = comm(filepath.Join(n.system.proc, pid)) + "/" + pid
	}
	return cmp.Or(container, p.name, service, process, p.label)
}

func (n *namespaces) cgroup(pid int32) string {
	text, err := os.ReadFile(filepath.Join(n.system.proc, strconv.Itoa(int(pid)), "cgroup"))
	if err != nil {
		return ""
	}
	return string(text)
}

// cgroupName is what the cgroups of a process say of its network namespace.
type cgroupName struct {
	container string // or pod, or virtual machine: "docker:0123456789ab"
	service   string // of systemd: "nginx.service"
}

// netnsName reads /proc/PID/cgroup (cgroups(7)). A namespace is that of the
// innermost container; the containers of a pod share one. Of systemd's units a
// service can have a namespace of its own (systemd.exec(5), PrivateNetwork=).
func netnsName(cgroup string) cgroupName {
	var name cgroupName
	for line := range strings.Lines(cgroup) {
		_, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		controllers, folder, found := strings.Cut(rest, ":")
		if !found {
			continue
		}
		parts := cgroupParts(folder)
		pod := ""
		for i, part := range parts {
			if uid := podOf(part); uid != "" {
				pod = uid
				name.container = "pod:" + pod
				continue
			}
			parent := ""
			if i > 0 {
				parent = parts[i-1]
			}
			switch found := containerOf(parent, part, pod); {
			case strings.HasPrefix(found, "pod:"):
				pod = "" // what is inside of it has a namespace of its own
			case found != "":
				name.container, pod = found, ""
			}
		}
		if controllers == "" || controllers == "name=systemd" {
			if unit := unitOf(folder); strings.HasSuffix(unit, ".service") {
				name.service = cmp.Or(name.service, unit)
			}
		}
	}
	return name
}
