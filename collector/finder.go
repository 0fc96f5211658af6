//go:build linux

package collector

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// sweepEvery is the time after which every process is asked anew where it is:
	// setns(2) moves it without a sign.
	sweepEvery = 10 * time.Second
	// youth is for how many polls a new process is asked every time: who starts a
	// container moves into its namespaces first.
	youth = 3
)

// initialPIDNamespace is the inode of the PID namespace in which every process
// can be seen (include/linux/proc_ns.h, PROC_PID_INIT_INO).
const initialPIDNamespace = 0xEFFFFFFC

// finder finds the network namespaces of the host: those of the processes, and
// those with a name.
type finder struct {
	proc    string
	folders []string // of named namespaces, that of ip-netns(8) first
	procfs  *procfs  // nil until it could be opened
	homes   map[int32]*home
	swept   time.Time
	listing uint64
	path    []byte
	link    [64]byte
}

// home is the network namespace that a process is in.
type home struct {
	folder uint64 // inode number of /proc/PID
	netns  uint64 // inode; 0 when it may not be seen
	tables uint64 // then: inode of its /proc/PID/net/tcp, which each namespace has one of
	looks  int
	listed uint64
}

// site is where a network namespace was found.
type site struct {
	inode uint64
	path  string // of a file that stands for it
	pid   int32  // the lowest of its processes, 0 if it has none
	name  string // of its file in the folder of ip-netns(8), or ""
	label string // of its file in another folder, or ""
}

// sighting is what a finder found.
type sighting struct {
	sites  map[uint64]*site // by inode
	closed int              // namespaces of processes that may not be seen
	swept  bool             // every process was asked anew
	err    error            // /proc as a whole could not be read
	// partial tells that there are processes that cannot be seen at all.
	partial bool
}

// find looks where the processes are, and which names there are.
func (f *finder) find(now time.Time) sighting {
	s := sighting{sites: make(map[uint64]*site), swept: now.Sub(f.swept) >= sweepEvery}
	if s.err = f.list(s.swept); s.err != nil {
		s.partial = true
	}
	if s.swept {
		f.swept = now
	}
	tables := make(map[uint64]bool)
	for pid, h := range f.homes {
		switch p := s.sites[h.netns]; {
		case h.netns == 0:
			tables[h.tables] = tables[h.tables] || h.tables != 0
		case p == nil:
			s.sites[h.netns] = &site{inode: h.netns, pid: pid}
		case pid < p.pid:
			p.pid = pid
		}
	}
	s.closed = f.closed(tables, s.sites)
	for _, p := range s.sites {
		p.path = filepath.Join(f.proc, strconv.Itoa(int(p.pid)), "ns/net")
	}
	f.addNamed(s.sites)
	s.partial = s.partial || f.homes[1] == nil || inodeOf(filepath.Join(f.proc, "self/ns/pid")) != initialPIDNamespace
	return s
}

// list follows the processes. katop itself is left out: a thread of it that
// looks into a namespace keeps none alive.
func (f *finder) list(all bool) error {
	if f.procfs == nil {
		var err error
		if f.procfs, err = openProcfs(f.proc); err != nil {
			return err
		}
	}
	f.listing++
	own := int32(os.Getpid())
	err := f.procfs.each(func(pid int32, folder uint64) {
		if pid == own {
			return
		}
		h := f.homes[pid]
		if h == nil || h.folder != folder {
			h = &home{folder: folder}
			f.homes[pid] = h
		}
		if all || h.looks < youth {
			h.looks++
			f.look(pid, h)
		}
		h.listed = f.listing
	})
	if err != nil {
		return err
	}
	for pid, h := range f.homes {
		if h.listed != f.listing {
			delete(f.homes, pid)
		}
	}
	return nil
}

// look asks where one process is. One that has exited is nowhere.
func (f *finder) look(pid int32, h *home) {
	h.netns, h.tables = 0, 0
	f.path = append(append(strconv.AppendInt(f.path[:0], int64(pid), 10), "/ns/net"...), 0)
	n, err := readlinkat(f.procfs.root, f.path, f.link[:])
	switch {
	case err == nil:
		h.netns = namespaceInode(f.link[:n])
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		h.tables = inodeOf(filepath.Join(f.proc, strconv.Itoa(int(pid)), "net/tcp"))
	}
}

// namespaceInode reads "net:[4026531840]" (fs/nsfs.c, ns_get_name); 0 is what
// does not look so.
func namespaceInode(link []byte) uint64 {
	rest, found := bytes.CutPrefix(link, []byte("net:["))
	digits, closed := bytes.CutSuffix(rest, []byte("]"))
	if !found || !closed {
		return 0
	}
	inode, _ := number(digits)
	return inode
}

// closed counts the namespaces that have these tables and none of whose
// processes says which it is.
func (f *finder) closed(tables map[uint64]bool, sites map[uint64]*site) (n int) {
	delete(tables, 0)
	if len(tables) == 0 {
		return 0
	}
	delete(tables, inodeOf(filepath.Join(f.proc, "thread-self/net/tcp")))
	for _, p := range sites {
		delete(tables, inodeOf(filepath.Join(f.proc, strconv.Itoa(int(p.pid)), "net/tcp")))
	}
	return len(tables)
}

// addNamed adds the namespaces that have a file of their own.
func (f *finder) addNamed(sites map[uint64]*site) {
	var own unix.Stat_t
	if unix.Stat(filepath.Join(f.proc, "thread-self/ns/net"), &own) != nil {
		return
	}
	for i, folder := range f.folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue
		}
		for _, e := range entries {
			path := filepath.Join(folder, e.Name())
			var st unix.Stat_t
			if unix.Stat(path, &st) != nil || st.Dev != own.Dev {
				continue // a file that nothing is mounted on
			}
			p := sites[st.Ino]
			if p == nil {
				p = &site{inode: st.Ino}
				sites[st.Ino] = p
			}
			if p.path == "" || i == 0 && p.name == "" {
				p.path = path
			}
			switch {
			case i == 0 && p.name == "":
				p.name = e.Name()
			case i > 0 && p.label == "":
				p.label = e.Name()
			}
		}
	}
}

// at tells whether a process is in the namespace of a site. It needs no right to
// look into the process if one may look into another that is there.
func (f *finder) at(pid int32, s *site) bool {
	h := f.homes[pid]
	switch {
	case h == nil:
		return false
	case h.netns != 0:
		return h.netns == s.inode
	}
	return h.tables != 0 && s.pid != 0 && h.tables == inodeOf(filepath.Join(f.proc, strconv.Itoa(int(s.pid)), "net/tcp"))
}

// residents are the processes in a namespace.
func (f *finder) residents(inode uint64) (pids []int32) {
	for pid, h := range f.homes {
		if h.netns == inode {
			pids = append(pids, pid)
		}
	}
	return pids
}

// close lets go of /proc.
func (f *finder) close() error {
	if f.procfs == nil {
		return nil
	}
	return f.procfs.close()
}

// nameFolders are the folders in which namespaces are given names: that of
// ip-netns(8), and that of Docker.
func nameFolders() []string {
	folders := []string{"/run/netns", "/run/docker/netns"}
	if run, err := filepath.EvalSymlinks("/var/run"); err == nil && !strings.HasPrefix(run+"/", "/run/") {
		folders = append(folders, filepath.Join(run, "netns"), filepath.Join(run, "docker/netns"))
	}
	return folders
}
