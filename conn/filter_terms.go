package conn

import (
	"fmt"
	"strconv"
	"strings"
)

// parseBareWord searches what is known of a connection: process names, PIDs,
// addresses, host name and unit. It is always decided.
func parseBareWord(_ operator, word string) (alternative, *FilterError) {
	if e, ok := parseSocketAddress(word, AnySide); ok {
		return endpointAlternative(e), nil
	}
	return alternative{holds: func(c *Connection, _ *Thresholds) truth {
		return truthOf(c.shows(word))
	}}, nil
}

// shows tells whether word stands in a text by which a row is recognised.
func (c *Connection) shows(word string) bool {
	var digits [64]byte // longer than any address with its zone index
	for _, owner := range c.Owners {
		if containsFold(owner.Name, word) || containsFold(strconv.AppendInt(digits[:0], int64(owner.PID), 10), word) {
			return true
		}
	}
	return containsFold(c.RemoteName, word) || containsFold(c.Unit, word) ||
		containsFold(c.Local.Addr().AppendTo(digits[:0]), word) ||
		containsFold(c.Remote.Addr().AppendTo(digits[:0]), word)
}

// containsFold tells whether word is part of text; ASCII letters match in upper
// and lower case. word is not empty.
func containsFold[T string | []byte](text T, word string) bool {
	for i := 0; i+len(word) <= len(text); i++ {
		n := 0
		for n < len(word) && lower(text[i+n]) == lower(word[n]) {
			n++
		}
		if n == len(word) {
			return true
		}
	}
	return false
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + ('a' - 'A')
	}
	return b
}

func parseProcess(_ operator, name string) (alternative, *FilterError) {
	return anyOwner(func(o *Owner) bool { return containsFold(o.Name, name) }), nil
}

func parsePID(_ operator, value string) (alternative, *FilterError) {
	pid, err := strconv.ParseInt(value, 10, 32)
	if err != nil || pid <= 0 {
		return alternative{}, &FilterError{Problem: fmt.Sprintf("%q is no PID", value)}
	}
	return anyOwner(func(o *Owner) bool { return o.PID == int32(pid) }), nil
}

// anyOwner tests the owners. A socket with an inode has one: it is only not
// known where the list is empty.
func anyOwner(is func(*Owner) bool) alternative {
	return alternative{holds: func(c *Connection, _ *Thresholds) truth {
		for i := range c.Owners {
			if is(&c.Owners[i]) {
				return yes
			}
		}
		if len(c.Owners) == 0 && c.Inode != 0 {
			return undecided
		}
		return no
	}}
}

// parseUser takes a user's name or number. The kernel reports UID 0 for every
// minisock (inet_twsk_diag_fill, inet_req_diag_fill): there it is not known.
func parseUser(_ operator, value string) (alternative, *FilterError) {
	uid, err := strconv.ParseUint(value, 10, 32)
	numeric := err == nil
	return alternative{holds: func(c *Connection, _ *Thresholds) truth {
		if !c.UserKnown() {
			return undecided
		}
		return truthOf(strings.EqualFold(c.User, value) || numeric && c.UID == uint32(uid))
	}}, nil
}

// parseUnit takes a part of the unit's name. A minisock has left its cgroup.
func parseUnit(_ operator, value string) (alternative, *FilterError) {
	return alternative{holds: func(c *Connection, _ *Thresholds) truth {
		if c.Unit == "" && !c.Minisock() {
			return undecided
		}
		return truthOf(containsFold(c.Unit, value))
	}}, nil
}

// parseNetNS takes the name or the inode of a network namespace.
func parseNetNS(_ operator, value string) (alternative, *FilterError) {
	inode, err := strconv.ParseUint(value, 10, 64)
	numeric := err == nil
	return alternative{holds: func(c *Connection, _ *Thresholds) truth {
		return truthOf(strings.EqualFold(c.NetNS.Name, value) || numeric && c.NetNS.Inode == inode)
	}}, nil
}
