package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// machine is what figures depend on. It has no names: nobody needs to know
// whose it is.
type machine struct {
	cpu    string
	cores  int
	kernel string
	memory uint64 // bytes
}

func thisMachine() machine {
	m := machine{cpu: "unknown processor", cores: runtime.NumCPU(), memory: meminfo("MemTotal:")}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, found := strings.Cut(string(info), "model name\t: "); found {
			m.cpu, _, _ = strings.Cut(rest, "\n")
		}
	}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		release := unix.ByteSliceToString(name.Release[:])
		m.kernel, _, _ = strings.Cut(release, "-") // what follows may be somebody's own
	}
	return m
}

// meminfo is a line of /proc/meminfo, in bytes; 0 when it is not there.
func meminfo(line string) uint64 {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(info), line)
	kilobytes, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, _ := strconv.ParseUint(kilobytes, 10, 64) // what cannot be read is 0 too
	return n << 10
}
