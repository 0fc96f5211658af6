//go:build linux

package collector

import (
	"bufio"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// units turns cgroup ids into the names of systemd units and containers. The id
// is the inode number of a folder of the cgroup v2 tree (kernfs_id, on 64-bit
// systems), and is never used again.
type units struct {
	proc  string
	known map[uint64]string // "" for a cgroup without such a name, and for one that is gone
}

// name is the unit of a cgroup, or "". It walks over the tree when it meets an
// id for the first time.
func (u *units) name(cgroup uint64) string {
	if cgroup == 0 {
		return ""
	}
	name, known := u.known[cgroup]
	if !known {
		u.walk()
		name = u.known[cgroup]
		u.known[cgroup] = name
	}
	return name
}

// walk reads the names of all cgroups. Folders that vanish meanwhile or may not
// be read are left out.
func (u *units) walk() {
	root := cgroupMount(filepath.Join(u.proc, "self/mountinfo"))
	if root == "" {
		return
	}
	_ = filepath.WalkDir(root, func(folder string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fs.SkipDir
		}
		if entry.IsDir() {
			u.known[inodeOf(folder)] = unitOf(strings.TrimPrefix(folder, root))
		}
		return nil
	})
}

// cgroupMount is where the cgroup v2 tree is mounted, "" when it is not: its
// own place where cgroup v1 is in use beside it. See proc_pid_mountinfo(5) for
// the fields; spaces in the path come as \040.
func cgroupMount(mountinfo string) string {
	file, err := os.Open(mountinfo)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		mount, source, _ := strings.Cut(lines.Text(), " - ")
		fields := strings.Fields(mount)
		if len(fields) >= 5 && strings.HasPrefix(source, "cgroup2 ") {
			return strings.ReplaceAll(fields[4], `\040`, " ")
		}
	}
	return ""
}

// unitOfProcess is the unit of a process by /proc/PID/cgroup (cgroups(7)): by
// its place in the cgroup v2 tree, or else in systemd's own v1 hierarchy.
func unitOfProcess(cgroup string) string {
	var legacy string
	for line := range strings.Lines(cgroup) {
		line = strings.TrimSuffix(line, "\n")
		if folder, found := strings.CutPrefix(line, "0::"); found {
			if unit := unitOf(folder); unit != "" {
				return unit
			}
		}
		if _, folder, found := strings.Cut(line, ":name=systemd:"); found {
			legacy = unitOf(folder)
		}
	}
	return legacy
}

// unitOf names the container of a cgroup, the outermost if one runs inside
// another, or else the innermost systemd unit, or else nothing.
func unitOf(cgroup string) string {
	parts := cgroupParts(cgroup)
	pod := ""
	for i, part := range parts {
		if uid := podOf(part); uid != "" {
			pod = uid
		}
		parent := ""
		if i > 0 {
			parent = parts[i-1]
		}
		if name := containerOf(parent, part, pod); name != "" {
			return name
		}
	}
	if pod != "" {
		return "pod:" + pod
	}
	slice := ""
	for i := len(parts) - 1; i >= 0; i-- {
		switch path.Ext(parts[i]) {
		case ".service", ".scope", ".socket", ".mount", ".swap":
			return unescape(parts[i])
		case ".slice":
			if slice == "" {
				slice = unescape(parts[i])
			}
		}
	}
	return slice
}

// cgroupParts are the names in the path of a cgroup.
func cgroupParts(cgroup string) []string {
	return strings.Split(strings.Trim(path.Clean("/"+cgroup), "/"), "/")
}

// containerOf names the container whose folder is part, as the runtimes call
// theirs: with systemd RUNTIME-ID.scope, without it the ID alone below a folder
// of the runtime, of its containerd namespace or of the pod; LXC
// lxc.payload.NAME (before 4.0 lxc/NAME); systemd-machined machine-NAME.scope,
// systemd-nspawn systemd-nspawn@NAME.service.
func containerOf(parent, part, pod string) string {
	if name, found := strings.CutPrefix(part, "lxc.payload."); found {
		return "lxc:" + name
	}
	if parent == "lxc" {
		return "lxc:" + part
	}
	if name, found := strings.CutPrefix(part, "systemd-nspawn@"); found {
		return "machine:" + unescape(strings.TrimSuffix(name, ".service"))
	}
	scope, isScope := strings.CutSuffix(part, ".scope")
	if name, found := strings.CutPrefix(scope, "machine-"); found && isScope {
		return "machine:" + unescape(name)
	}
	runtime, id := parent, part
	if i := strings.LastIndexByte(scope, '-'); isScope && i >= 0 {
		runtime, id = scope[:i], scope[i+1:]
	} else if name, found := strings.CutPrefix(part, "libpod-"); found {
		runtime, id = "libpod", name
	}
	if !isContainerID(id) {
		return ""
	}
	names := map[string]string{
		"docker": "docker", "cri-containerd": "containerd", "crio": "crio", "libpod": "podman", "libpod_parent": "podman",
		"nerdctl": "containerd", "k8s.io": "containerd", "default": "containerd", "moby": "docker",
	}
	switch name := names[runtime]; {
	case pod != "" && (name != "" || podOf(parent) != ""):
		return "pod:" + pod + "/" + id[:12]
	case name != "":
		return name + ":" + id[:12]
	}
	return ""
}

// podOf is the start of the UID of the Kubernetes pod whose folder part is:
// pod1c2d3e4f-… or kubepods-burstable-pod1c2d3e4f_….slice. It is as long as
// names of pods need to be told apart on one host.
func podOf(part string) string {
	if slice, found := strings.CutSuffix(part, ".slice"); found {
		if !strings.HasPrefix(slice, "kubepods-") && !strings.Contains(slice, "-kubepods-") {
			return ""
		}
		part = slice[strings.LastIndexByte(slice, '-')+1:]
	}
	uid, found := strings.CutPrefix(part, "pod")
	if !found || len(uid) < 32 || !isHex(uid[:8]) {
		return ""
	}
	return uid[:8]
}

func isContainerID(s string) bool { return len(s) == 64 && isHex(s) }

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// unescape undoes the escape of "-" in the names of units (systemd.unit(5)).
func unescape(unit string) string { return strings.ReplaceAll(unit, `\x2d`, "-") }
