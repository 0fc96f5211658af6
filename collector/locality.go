//go:build linux

package collector

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// untranslated tells whether no connection of the calling thread's network
// namespace can have its addresses translated. Netfilter translates only what
// it tracks, and counts that (net/netfilter/nf_conntrack_standalone.c); IPVS
// shows itself in /proc/net. Where neither can be told, it is not certain.
func untranslated(proc string) bool {
	_, err := os.Stat(filepath.Join(proc, "thread-self/net/ip_vs"))
	if !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if _, err := os.Stat(filepath.Join(proc, "sys/net")); err != nil {
		return false
	}
	tracked, err := os.ReadFile(filepath.Join(proc, "sys/net/netfilter/nf_conntrack_count"))
	if errors.Is(err, fs.ErrNotExist) {
		return true // no connection tracking at all
	}
	// Where anything is translated, everything is tracked, and the count is 0 only
	// for the moment after somebody has emptied the table.
	return err == nil && strings.TrimSpace(string(tracked)) == "0"
}
