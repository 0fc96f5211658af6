//go:build linux

package collector

import (
	"errors"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// What gives the rights to look into network namespaces.
const (
	needToEnter       = "run as root, or give katop CAP_SYS_ADMIN, CAP_SYS_PTRACE and CAP_NET_ADMIN"
	needToEnterAsRoot = "run katop outside of any container or sandbox, with CAP_SYS_ADMIN, CAP_SYS_PTRACE and CAP_NET_ADMIN"
)

func rightsToEnter() string {
	if os.Geteuid() == 0 {
		return needToEnterAsRoot
	}
	return needToEnter
}

// hidden says which namespaces are not shown.
func (n *namespaces) hidden() (lines []conn.Hidden) {
	if !n.scope.all() {
		return nil
	}
	refused := 0
	var failure error
	for _, err := range n.closed {
		if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
			refused++
		} else {
			failure = err
		}
	}
	// A namespace that may not be entered may be that of processes which may not
	// be seen: none is counted twice.
	if many := max(refused, n.sighting.closed); many > 0 {
		lines = append(lines, conn.Hidden{What: "connections of " + otherNamespaces(many), Why: "they may not be entered", Need: rightsToEnter()})
	}
	if failure != nil {
		lines = append(lines, conn.Hidden{What: "connections of " + otherNamespaces(len(n.closed)-refused), Why: failure.Error(), Need: remedy(failure)})
	}
	if n.sighting.partial {
		why := "/proc does not show the processes of the whole host"
		if n.sighting.err != nil {
			why = n.sighting.err.Error()
		}
		lines = append(lines, conn.Hidden{What: "connections of network namespaces out of sight", Why: why, Need: "run katop in the host's PID namespace, as root"})
	}
	for _, r := range n.failing() {
		lines = append(lines, conn.Hidden{What: "connections of network namespace " + r.netns.Name, Why: r.failure.Error(), Need: "the next poll tries again"})
	}
	return lines
}

func (n *namespaces) failing() []*reader {
	return slices.DeleteFunc(slices.Clone(n.readers), func(r *reader) bool { return r.failure == nil })
}

func otherNamespaces(n int) string {
	if n == 1 {
		return "1 other network namespace"
	}
	return strconv.Itoa(n) + " other network namespaces"
}
