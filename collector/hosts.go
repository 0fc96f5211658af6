//go:build linux

package collector

import (
	"bufio"
	"net/netip"
	"os"
	"strings"
	"time"
)

// hosts are the names of /etc/hosts (hosts(5)). The DNS is never asked: a
// monitor sends nothing.
type hosts struct {
	path  string
	names map[netip.Addr]string
	read  time.Time // modification time of what was read
}

// refresh reads the file again if it has changed. A file that cannot be read
// names nothing.
func (h *hosts) refresh() {
	info, err := os.Stat(h.path)
	if err != nil {
		h.names = nil
		return
	}
	if h.names != nil && info.ModTime().Equal(h.read) {
		return
	}
	file, err := os.Open(h.path)
	if err != nil {
		h.names = nil
		return
	}
	defer func() { _ = file.Close() }()
	h.names, h.read = make(map[netip.Addr]string), info.ModTime()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		addr, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		// The canonical name comes first, and the first line of an address wins.
		if _, known := h.names[addr.Unmap()]; !known {
			h.names[addr.Unmap()] = fields[1]
		}
	}
}

// name is the name of the address, or "".
func (h *hosts) name(a netip.Addr) string {
	if len(h.names) == 0 || !a.IsValid() || a.IsUnspecified() {
		return ""
	}
	return h.names[a.Unmap()]
}
