//go:build linux

package collector

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/katop/katop/conn"
)

// scope says which network namespaces are read.
type scope struct {
	word  string
	inode uint64 // of the namespace that was named
	name  string // that it was found by, which another may get when it is gone
}

func (s *scope) own() bool { return s.word == OwnNetNS }
func (s *scope) all() bool { return s.word == AllNetNS }

func (s *scope) reads(n conn.NetNS) bool {
	return s.all() || n.Inode == s.inode || s.name != "" && n.Name == s.name
}

// choose finds the namespace that a word means: by its name, or by a process.
func (n *namespaces) choose(word string) error {
	switch word {
	case "", OwnNetNS:
		n.scope = scope{word: OwnNetNS, inode: n.own.Inode}
		return nil
	case AllNetNS:
		n.scope = scope{word: AllNetNS}
		return nil
	}
	n.scope = scope{word: word}
	n.sighting = n.finder.find(time.Time{})
	n.finder.swept = time.Time{} // the first poll names them anew
	names := []string{cmp.Or(n.own.Name, strconv.FormatUint(n.own.Inode, 10))}
	if n.own.Name == word {
		n.scope.inode, n.scope.name = n.own.Inode, word
		return nil
	}
	for inode, p := range n.sighting.sites {
		if inode == n.own.Inode {
			continue
		}
		name := n.name(p)
		if name == word || p.name == word {
			n.scope.inode, n.scope.name = inode, name
			return nil
		}
		names = append(names, cmp.Or(name, strconv.FormatUint(inode, 10)))
	}
	if pid, err := strconv.ParseInt(word, 10, 32); err == nil {
		return n.chooseProcess(int32(pid))
	}
	slices.Sort(names)
	return fmt.Errorf("no network namespace is called %q: there are %s, or give own, all or a PID",
		conn.Printable(word), conn.Printable(strings.Join(slices.Compact(names), ", ")))
}

// chooseProcess finds the namespace that a process is in.
func (n *namespaces) chooseProcess(pid int32) error {
	if n.finder.homes[pid] == nil {
		return fmt.Errorf("cannot find a network namespace: there is no process %d to be seen", pid)
	}
	if n.finder.at(pid, &site{inode: n.own.Inode, pid: int32(os.Getpid())}) {
		n.scope.inode = n.own.Inode
		return nil
	}
	for inode, p := range n.sighting.sites {
		if n.finder.at(pid, p) {
			n.scope.inode = inode
			return nil
		}
	}
	return fmt.Errorf("the network namespace of process %d may not be seen: %s", pid, rightsToEnter())
}

// vanished is the error that the one namespace that was chosen is not there.
func (n *namespaces) vanished() error {
	if n.scope.all() || len(n.readers) > 0 {
		return nil
	}
	if err := n.closed[n.scope.inode]; err != nil {
		return fmt.Errorf("cannot read network namespace %s: %w", n.scope.word, err)
	}
	return fmt.Errorf("network namespace %s is gone: no process, name or socket holds it", n.scope.word)
}
