//go:build linux

package collector

import (
	"os/user"
	"strconv"

	"github.com/katop/katop/conn"
)

// users remembers the names of UIDs, also that one has none.
type users map[uint32]string

// of is the user of a socket. The kernel says UID 0 of a socket that no process
// holds, whoever opened it (net/ipv4/tcp_diag.c, inet_diag.c; sock_i_uid).
func (u users) of(s *conn.Connection) string {
	if !s.UserKnown() {
		return ""
	}
	return u.name(s.UID)
}

// name is the name of a UID, or "".
func (u users) name(uid uint32) string {
	name, known := u[uid]
	if !known {
		if found, err := user.LookupId(strconv.FormatUint(uint64(uid), 10)); err == nil {
			name = found.Username
		}
		u[uid] = name
	}
	return name
}
