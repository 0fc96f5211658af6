package conn

import "slices"

// SortKey names what a list is sorted by.
type SortKey uint8

// The sort keys, one for every column of a list.
const (
	SortProcess    SortKey = iota // name, then PID, of the first owner
	SortPID                       // of the first owner
	SortUser                      // name, then UID
	SortUnit                      // systemd unit or container
	SortNetNS                     // name, then inode
	SortState                     // in the order of their numbers
	SortLocal                     // address, then port, as numbers; IPv4 first
	SortRemote                    // the same
	SortSilent                    // Connection.SilentFor
	SortKeepalive                 // off, on, then by TCP_KEEPIDLE
	SortTimer                     // until the timer fires
	SortUnanswered                // Connection.Unanswered
	SortLeft                      // Connection.Left
	SortDiesIn                    // Connection.DiesIn
	SortNextProbe                 // Connection.NextProbe
	SortDetects                   // Connection.DetectsIn, never being the longest
	SortVerdict                   // severity, then the verdict that is looked for first
	SortRTT                       // Connection.RTT
	SortRetrans                   // Connection.Retransmitted
	SortRecvQueue                 // as the column shows it: for LISTEN connections, not bytes
	SortSendQueue                 // the same
	SortAge                       // Connection.Age
	SortSent                      // payload bytes, retransmissions included
	SortReceived                  // payload bytes
)

var sortKeyNames = [SortReceived + 1]string{
	"process", "pid", "user", "unit", "netns", "state", "local", "remote", "silent", "keepalive", "timer",
	"unanswered", "left", "dies-in", "next-probe", "detects", "verdict", "rtt", "retrans", "recvq", "sendq",
	"age", "sent", "received",
}

// String is the name that ParseSortKey reads.
func (k SortKey) String() string { return sortKeyNames[min(k, SortReceived)] }

// SortKeys lists the names of all sort keys.
func SortKeys() []string { return slices.Clone(sortKeyNames[:]) }

// ParseSortKey reads the name of a sort key, in upper or lower case.
func ParseSortKey(name string) (SortKey, error) {
	if k, ok := nameIndex(sortKeyNames[:], name); ok {
		return SortKey(k), nil
	}
	return 0, UnknownWord("sort key", name, sortKeyNames[:])
}
