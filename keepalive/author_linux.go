package keepalive

import (
	"bytes"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"
)

// self is who gives the commands of this process. What sudo(8) says is taken
// over when it was used, that is, for root.
func self() *author {
	a := &author{UID: uint32(os.Geteuid()), PID: int32(os.Getpid()), Boot: bootID()}
	a.User = userName(a.UID)
	a.Started, _ = startTime(a.PID)
	if a.UID == 0 {
		if uid, err := strconv.ParseUint(os.Getenv("SUDO_UID"), 10, 32); err == nil {
			a.SudoUID, a.SudoUser = uint32(uid), os.Getenv("SUDO_USER")
		}
	}
	return a
}

func userName(uid uint32) string {
	u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10))
	if err != nil {
		return ""
	}
	return u.Username
}

// living tells whether the process that ran the command is still there.
func (a *author) living() bool {
	if a.Boot != bootID() {
		return false
	}
	started, ok := startTime(a.PID)
	return ok && started == a.Started
}

func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// startTime reads starttime, the 22nd field of /proc/PID/stat (proc(5)). The
// second, comm, may hold blanks and parentheses.
func startTime(pid int32) (ticks uint64, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const afterComm = 22 - 3
	if len(fields) <= afterComm || string(fields[0]) == "Z" {
		return 0, false
	}
	ticks, err = strconv.ParseUint(string(fields[afterComm]), 10, 64)
	return ticks, err == nil
}
