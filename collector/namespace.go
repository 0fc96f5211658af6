//go:build linux

package collector

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/katop/katop/conn"
)

// ownNamespace is the network namespace of the calling thread, with its name in
// the first of the folders.
func ownNamespace(proc string, named []string) conn.NetNS {
	ns := conn.NetNS{Inode: inodeOf(filepath.Join(proc, "thread-self/ns/net"))}
	// Only root may follow /proc/1/ns/net. But each namespace has its own
	// /proc/net, whose files anybody may compare (fs/proc/proc_net.c).
	first, own := inodeOf(filepath.Join(proc, "1/net/tcp")), inodeOf(filepath.Join(proc, "thread-self/net/tcp"))
	if first != 0 && first == own {
		ns.Name = hostName
		return ns
	}
	if ns.Inode == 0 || len(named) == 0 {
		return ns
	}
	entries, err := os.ReadDir(named[0])
	if err != nil {
		return ns
	}
	for _, e := range entries {
		if inodeOf(filepath.Join(named[0], e.Name())) == ns.Inode {
			ns.Name = e.Name()
			break
		}
	}
	return ns
}

// inodeOf is the inode number of a file, 0 when it may not be seen.
func inodeOf(path string) uint64 {
	var st syscall.Stat_t
	if syscall.Stat(path, &st) != nil {
		return 0
	}
	return st.Ino
}
