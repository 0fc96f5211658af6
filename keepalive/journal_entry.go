package keepalive

import (
	"encoding/json"
	"net/netip"
	"time"

	"github.com/katop/katop/conn"
)

// entrySchema is the version of the journal's lines. A reader passes over lines
// of a later one.
const entrySchema = 1

// entry is one line of the journal. For each connection of a command there are
// two: before it is touched, with what it is and what it is to be, and after,
// with what became of it; those that are done as they were to be, one after the
// other, share a line after. A command that takes another back ends with a line
// of its own, without a connection. encode has the fields once more.
type entry struct {
	Schema     int              `json:"schema"`
	ID         string           `json:"id"` // of the command
	At         time.Time        `json:"at"`
	Kind       string           `json:"kind"`              // conn.ActionKind
	N          int              `json:"n"`                 // of the connection within the command, from 0 without a gap
	Through    int              `json:"through,omitempty"` // of a line after: it is about those from N to this one
	By         *author          `json:"by,omitempty"`
	Undoes     string           `json:"undoes,omitempty"`   // the ID of a command
	Complete   bool             `json:"complete,omitempty"` // the command Undoes is taken back
	Connection *entryConnection `json:"connection,omitempty"`
	Owner      *entryOwner      `json:"owner,omitempty"`
	Old        *settings        `json:"old,omitempty"`
	New        *settings        `json:"new,omitempty"`     // in the line after: what it reads, if that is not what it was to be
	Outcome    string           `json:"outcome,omitempty"` // conn.Outcome; only in the line after
	Reason     string           `json:"reason,omitempty"`
}

// author is who gave a command, and which process ran it: a PID is used again,
// a PID with its start time within one boot is not.
type author struct {
	UID      uint32 `json:"uid"`
	User     string `json:"user,omitempty"`
	SudoUID  uint32 `json:"sudo_uid,omitempty"`
	SudoUser string `json:"sudo_user,omitempty"`
	PID      int32  `json:"pid"`
	Started  uint64 `json:"started"` // clock ticks since boot (proc(5), starttime)
	Boot     string `json:"boot"`    // /proc/sys/kernel/random/boot_id
}

type entryConnection struct {
	NetNS  uint64         `json:"netns"`
	Cookie uint64         `json:"cookie"`
	Inode  uint32         `json:"inode"`
	Family string         `json:"family"`
	State  string         `json:"state"`
	Local  netip.AddrPort `json:"local"`
	Remote netip.AddrPort `json:"remote"`
}

type entryOwner struct {
	PID  int32  `json:"pid"`
	FD   int32  `json:"fd"`
	Name string `json:"name"`
}

// settings are options of a socket as setsockopt takes them.
type settings struct {
	On            bool  `json:"on"`
	Idle          int   `json:"idle_s"`
	Interval      int   `json:"interval_s"`
	Count         int   `json:"count"`
	UserTimeoutMS int64 `json:"user_timeout_ms"`
	ReuseAddr     *bool `json:"reuse_addr,omitempty"` // only of a check, which may touch it
}

func settingsOf(k conn.Keepalive) *settings {
	return &settings{
		On:   k.State == conn.KeepaliveOn,
		Idle: int(k.Params.Idle / time.Second), Interval: int(k.Params.Interval / time.Second), Count: k.Params.Count,
		UserTimeoutMS: k.UserTimeout.Milliseconds(),
	}
}

// keepalive is what the options say; unknown for nil.
func (s *settings) keepalive() conn.Keepalive {
	if s == nil {
		return conn.Keepalive{}
	}
	k := conn.Keepalive{
		Params: conn.Params{
			Idle: time.Duration(s.Idle) * time.Second, Interval: time.Duration(s.Interval) * time.Second, Count: s.Count,
		},
		UserTimeout: time.Duration(s.UserTimeoutMS) * time.Millisecond,
		State:       conn.KeepaliveOff, Source: conn.SourceRead,
	}
	if s.On {
		k.State = conn.KeepaliveOn
	}
	return k
}

// draft is an entry with all that it refers to, in one piece of memory that
// serves for one after the other.
type draft struct {
	entry      entry
	connection entryConnection
	owner      entryOwner
	old, new   settings
}

// describe fills in which connection the entry is about.
func (d *draft) describe(c *conn.Connection, owner conn.Owner) {
	d.connection = entryConnection{
		NetNS: c.NetNS.Inode, Cookie: c.Cookie, Inode: c.Inode, Family: c.Family.String(), State: c.State.String(),
		Local: c.Local, Remote: c.Remote,
	}
	d.entry.Connection = &d.connection
	if owner != (conn.Owner{}) {
		d.owner = entryOwner{PID: owner.PID, FD: owner.FD, Name: owner.Name}
		d.entry.Owner = &d.owner
	}
}

// turn fills in from what to what the settings are to be changed.
func (d *draft) turn(from, to conn.Keepalive) {
	d.old, d.new = *settingsOf(from), *settingsOf(to)
	d.entry.Old, d.entry.New = &d.old, &d.new
}

// connection is the connection as far as the entry names it.
func (e *entry) connection() conn.Connection {
	c := conn.Connection{
		NetNS: conn.NetNS{Inode: e.Connection.NetNS}, Cookie: e.Connection.Cookie, Inode: e.Connection.Inode,
		Family: conn.IPv4, Local: e.Connection.Local, Remote: e.Connection.Remote,
	}
	c.State, _ = conn.ParseState(e.Connection.State)
	if e.Connection.Family == conn.IPv6.String() {
		c.Family = conn.IPv6
	}
	if e.Owner != nil {
		c.Owners = []conn.Owner{{PID: e.Owner.PID, FD: e.Owner.FD, Name: e.Owner.Name}}
	}
	return c
}

// decodeEntry reads a line. It is false for what is no entry, or one of a later
// schema: a line torn by a crash, above all.
func decodeEntry(line []byte) (e entry, ok bool) {
	if json.Unmarshal(line, &e) != nil || e.Schema != entrySchema || e.ID == "" {
		return entry{}, false
	}
	return e, true
}
