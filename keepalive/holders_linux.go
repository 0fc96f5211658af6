package keepalive

import (
	"os"
	"strconv"
	"strings"

	"github.com/katop/katop/conn"
)

// holders finds the processes that hold sockets, by their inodes, as far as
// /proc/PID/fd may be read. It reads all of them: some 0.3 s on a host with
// 100,000 sockets.
func holders(inodes map[uint32]bool) map[uint32][]conn.Owner {
	found := make(map[uint32][]conn.Owner)
	processes, _ := os.ReadDir("/proc")
	for _, process := range processes {
		pid, err := strconv.ParseInt(process.Name(), 10, 32)
		if err != nil {
			continue
		}
		folder := "/proc/" + process.Name() + "/fd/"
		descriptors, _ := os.ReadDir(folder)
		for _, d := range descriptors {
			link, _ := os.Readlink(folder + d.Name())
			inode, ok := socketInode(link)
			fd, err := strconv.ParseInt(d.Name(), 10, 32)
			if ok && err == nil && inodes[inode] {
				found[inode] = append(found[inode], conn.Owner{PID: int32(pid), FD: int32(fd)})
			}
		}
	}
	return found
}

// socketInode reads the target of a link in /proc/PID/fd: "socket:[250179]".
func socketInode(link string) (uint32, bool) {
	number, ok := strings.CutPrefix(link, "socket:[")
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 32)
	return uint32(inode), err == nil
}
