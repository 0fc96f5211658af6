//go:build linux

package collector

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const containerID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestUnitOf(t *testing.T) {
	t.Parallel()
	tests := []struct{ cgroup, want string }{
		{"/", ""},
		{"", ""},
		{"/init.scope", "init.scope"},
		{"/system.slice/nginx.service", "nginx.service"},
		{"/system.slice/ssh.socket", "ssh.socket"},
		{"/system.slice/system-postgresql.slice/postgresql@16-main.service", "postgresql@16-main.service"},
		{"/system.slice/foo.service/workers/1", "foo.service"},
		{`/system.slice/systemd-fsck@dev-disk-by\x2duuid-1.service`, "systemd-fsck@dev-disk-by-uuid-1.service"},
		{"/user.slice/user-1000.slice/session-3.scope", "session-3.scope"},
		{"/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-firefox-4711.scope", "app-gnome-firefox-4711.scope"},
		{"/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service", "syncthing.service"},
		{"/user.slice/user-1000.slice", "user-1000.slice"},
		{"/system.slice/docker-" + containerID + ".scope", "docker:0123456789ab"},
		{"/system.slice/docker-" + containerID + ".scope/system.slice/nginx.service", "docker:0123456789ab"},
		{"/docker/" + containerID, "docker:0123456789ab"},
		{"/docker/" + containerID + "/sub", "docker:0123456789ab"},
		{"/system.slice/containerd.service", "containerd.service"},
		{"/system.slice/docker-short.scope", "docker-short.scope"},
		{"/machine.slice/libpod-" + containerID + ".scope/container", "podman:0123456789ab"},
		{"/machine.slice/libpod-conmon-" + containerID + ".scope", "libpod-conmon-" + containerID + ".scope"},
		{"/libpod_parent/libpod-" + containerID, "podman:0123456789ab"},
		{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + containerID + ".scope", "podman:0123456789ab"},
		{"/system.slice/crio-" + containerID + ".scope", "crio:0123456789ab"},
		{"/system.slice/cri-containerd-" + containerID + ".scope", "containerd:0123456789ab"},
		{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1c2d3e4f_5a6b_7c8d_9e0f_a1b2c3d4e5f6.slice/cri-containerd-" + containerID + ".scope", "pod:1c2d3e4f/0123456789ab"},
		{"/kubepods.slice/kubepods-pod1c2d3e4f_5a6b_7c8d_9e0f_a1b2c3d4e5f6.slice/crio-" + containerID + ".scope", "pod:1c2d3e4f/0123456789ab"},
		{"/kubepods/besteffort/pod1c2d3e4f-5a6b-7c8d-9e0f-a1b2c3d4e5f6/" + containerID, "pod:1c2d3e4f/0123456789ab"},
		{"/kubepods/besteffort/pod1c2d3e4f-5a6b-7c8d-9e0f-a1b2c3d4e5f6", "pod:1c2d3e4f"},
		{"/lxc.payload.web", "lxc:web"},
		{"/lxc.payload.web/system.slice/nginx.service", "lxc:web"},
		{"/lxc/db/system.slice", "lxc:db"},
		{`/machine.slice/machine-qemu\x2d1\x2dvm.scope`, "machine:qemu-1-vm"},
		{`/machine.slice/machine-qemu\x2d1\x2dvm.scope/libvirt/emulator`, "machine:qemu-1-vm"},
		{"/some/cgroup/of/ones/own", ""},
	}
	for _, tt := range tests {
		if got := unitOf(tt.cgroup); got != tt.want {
			t.Errorf("unitOf(%q) = %q, want %q", tt.cgroup, got, tt.want)
		}
	}
}

func TestUnitOfProcess(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ cgroup, want string }{
		"v2":              {"0::/system.slice/a.service\n", "a.service"},
		"hybrid":          {"9:name=systemd:/system.slice/b.service\n4:memory:/x.service\n0::/\n", "b.service"},
		"both, v2 wins":   {"9:name=systemd:/system.slice/b.service\n0::/system.slice/a.service\n", "a.service"},
		"neither":         {"4:memory:/x.service\n0::/\n", ""},
		"nothing to read": {"", ""},
	}
	for name, tt := range tests {
		if got := unitOfProcess(tt.cgroup); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// A cgroup tree is any tree of folders: ids are inode numbers.
func TestUnitsByID(t *testing.T) {
	t.Parallel()
	proc, tree := t.TempDir(), filepath.Join(t.TempDir(), "unified tree")
	service := filepath.Join(tree, "system.slice/a.service")
	write(t, filepath.Join(proc, "self/mountinfo"), "22 1 0:5 / / rw - ext4 /dev/sda1 rw\n"+
		"30 22 0:26 / "+strings.ReplaceAll(tree, " ", `\040`)+" rw,relatime shared:9 - cgroup2 cgroup2 rw\n")
	mkdir(t, service)
	u := units{proc: proc, known: make(map[uint64]string)}

	check := func(id uint64, want string) {
		t.Helper()
		if got := u.name(id); got != want {
			t.Errorf("unit of cgroup %d is %q, want %q", id, got, want)
		}
	}
	check(0, "")
	check(inodeOf(tree), "")
	check(inodeOf(service), "a.service")
	// A new one is found by a new walk, and the name of one that has gone stays:
	// its sockets may live on.
	later, gone := filepath.Join(tree, "b.scope"), inodeOf(service)
	mkdir(t, later)
	check(inodeOf(later), "b.scope")
	if err := os.RemoveAll(service); err != nil {
		t.Fatal(err)
	}
	check(1<<62, "")
	check(gone, "a.service")
}

func TestCgroupMountMissing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "mountinfo")
	write(t, path, "22 1 0:5 / / rw - ext4 /dev/sda1 rw\n24 22 0:6 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n")
	if got := cgroupMount(path); got != "" {
		t.Errorf("a mount of cgroup v2 at %q, want none", got)
	}
}
