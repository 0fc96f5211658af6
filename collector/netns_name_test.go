//go:build linux

package collector

import "testing"

func TestNetnsName(t *testing.T) {
	t.Parallel()
	const other = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
	container := func(name string) cgroupName { return cgroupName{container: name} }
	service := func(name string) cgroupName { return cgroupName{service: name} }
	tests := map[string]struct {
		cgroup string
		want   cgroupName
	}{
		"nothing to read":               {"", cgroupName{}},
		"no line of cgroups(7)":         {"garbage\n::\n", cgroupName{}},
		"root":                          {"0::/\n", cgroupName{}},
		"service":                       {"0::/system.slice/nginx.service\n", service("nginx.service")},
		"service of systemd v1":         {"9:name=systemd:/system.slice/nginx.service\n4:memory:/system.slice\n0::/\n", service("nginx.service")},
		"another hierarchy's folder":    {"4:memory:/x.service\n0::/\n", cgroupName{}},
		"session":                       {"0::/user.slice/user-1000.slice/session-3.scope\n", cgroupName{}},
		"Docker, systemd, v2":           {"0::/system.slice/docker-" + containerID + ".scope\n", container("docker:0123456789ab")},
		"Docker, cgroupfs, v2":          {"0::/docker/" + containerID + "\n", container("docker:0123456789ab")},
		"Docker, cgroupfs, v1":          {"9:name=systemd:/docker/" + containerID + "\n4:memory:/docker/" + containerID + "\n", container("docker:0123456789ab")},
		"Docker, v1 without systemd":    {"4:memory:/docker/" + containerID + "\n2:cpu:/docker/" + containerID + "\n", container("docker:0123456789ab")},
		"Docker with systemd inside":    {"0::/system.slice/docker-" + containerID + ".scope/system.slice/nginx.service\n", cgroupName{"docker:0123456789ab", ""}},
		"Docker, rootless":              {"0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + containerID + ".scope\n", container("docker:0123456789ab")},
		"Docker in Docker":              {"0::/docker/" + containerID + "/docker/" + other + "\n", container("docker:fedcba987654")},
		"containerd":                    {"0::/system.slice/cri-containerd-" + containerID + ".scope\n", container("containerd:0123456789ab")},
		"nerdctl, systemd":              {"0::/system.slice/nerdctl-" + containerID + ".scope\n", container("containerd:0123456789ab")},
		"nerdctl, cgroupfs":             {"0::/default/" + containerID + "\n", container("containerd:0123456789ab")},
		"CRI-O":                         {"0::/system.slice/crio-" + containerID + ".scope\n", container("crio:0123456789ab")},
		"Podman, root":                  {"0::/machine.slice/libpod-" + containerID + ".scope/container\n", container("podman:0123456789ab")},
		"Podman, rootless":              {"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + containerID + ".scope/container\n", container("podman:0123456789ab")},
		"Podman, cgroupfs":              {"0::/libpod_parent/libpod-" + containerID + "\n", container("podman:0123456789ab")},
		"Kubernetes, systemd, v2":       {"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1c2d3e4f_5a6b_7c8d_9e0f_a1b2c3d4e5f6.slice/cri-containerd-" + containerID + ".scope\n", container("pod:1c2d3e4f")},
		"Kubernetes, guaranteed, CRI-O": {"0::/kubepods.slice/kubepods-pod1c2d3e4f_5a6b_7c8d_9e0f_a1b2c3d4e5f6.slice/crio-" + containerID + ".scope\n", container("pod:1c2d3e4f")},
		"Kubernetes, cgroupfs, v1":      {"11:pids:/kubepods/besteffort/pod1c2d3e4f-5a6b-7c8d-9e0f-a1b2c3d4e5f6/" + containerID + "\n1:name=systemd:/kubepods/besteffort/pod1c2d3e4f-5a6b-7c8d-9e0f-a1b2c3d4e5f6/" + containerID + "\n", container("pod:1c2d3e4f")},
		"Kubernetes, under systemd":     {"0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod1c2d3e4f_5a6b_7c8d_9e0f_a1b2c3d4e5f6.slice/cri-containerd-" + containerID + ".scope\n", container("pod:1c2d3e4f")},
		"kind: a pod in Docker":         {"0::/docker/" + containerID + "/kubelet/kubepods/pod1c2d3e4f-5a6b-7c8d-9e0f-a1b2c3d4e5f6/" + other + "\n", container("pod:1c2d3e4f")},
		"Docker in a pod":               {"0::/kubepods/pod1c2d3e4f-5a6b-7c8d-9e0f-a1b2c3d4e5f6/" + containerID + "/docker/" + other + "\n", container("docker:fedcba987654")},
		"LXC 4":                         {"0::/lxc.payload.web/system.slice/nginx.service\n", container("lxc:web")},
		"LXC 3, v1":                     {"9:name=systemd:/lxc/web/init.scope\n4:memory:/lxc/web\n", container("lxc:web")},
		"Proxmox":                       {"0::/lxc/101/ns/system.slice/ssh.service\n", container("lxc:101")},
		"machine of systemd-machined":   {`0::/machine.slice/machine-qemu\x2d1\x2dvm.scope/libvirt/emulator` + "\n", container("machine:qemu-1-vm")},
		"systemd-nspawn":                {"0::/machine.slice/systemd-nspawn@web.service/payload/system.slice/nginx.service\n", container("machine:web")},
		"names to clear a screen":       {"0::/lxc.payload.\x1b[2J\n", container("lxc:\x1b[2J")},
	}
	for name, tt := range tests {
		got := netnsName(tt.cgroup)
		if tt.want.container != "" {
			got.service = tt.want.service // the container's name comes first
		}
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}
