package bpf

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/katop/katop/conn"
)

const (
	recordLen = 40         // struct record of sockets.bpf.c
	noFD      = 0xffffffff // NO_FD there
	namesKept = 4096
)

// decoder turns records into Sockets. The PID and the name of a process stand in
// a record before those of its sockets.
type decoder struct {
	hz     int32 // jiffies per second (CONFIG_HZ)
	names  map[string]string
	socket Socket // the last one; PID and Name stay for the next
}

// decode calls each for every socket of the records, and returns what is left
// over: the beginning of a record.
func (d *decoder) decode(records []byte, each func(*Socket)) (rest []byte) {
	for ; len(records) >= recordLen; records = records[recordLen:] {
		r := records[:recordLen:recordLen]
		fd := binary.NativeEndian.Uint32(r[12:])
		if fd == noFD {
			d.socket.PID, d.socket.Name = int32(binary.NativeEndian.Uint32(r[8:])), d.intern(r[24:recordLen])
			continue
		}
		d.socket.Cookie = binary.NativeEndian.Uint64(r)
		d.socket.FD = int32(fd)
		d.socket.Inode = binary.NativeEndian.Uint32(r[16:])
		d.socket.NetNS = uint64(binary.NativeEndian.Uint32(r[20:]))
		d.socket.MPTCP, d.socket.Keepalive = d.options(r[24:])
		each(&d.socket)
	}
	return records
}

// options decodes struct options of options.h.
func (d *decoder) options(o []byte) (mptcp bool, k conn.Keepalive) {
	if known := o[14] != 0; !known {
		return true, conn.Keepalive{}
	}
	k = conn.Keepalive{
		Params:      conn.Params{Idle: d.seconds(o), Interval: d.seconds(o[4:]), Count: int(o[12])},
		UserTimeout: time.Duration(binary.NativeEndian.Uint32(o[8:])) * time.Millisecond,
		State:       conn.KeepaliveOff, Source: conn.SourceRead,
	}
	if o[13] != 0 {
		k.State = conn.KeepaliveOn
	}
	return false, k
}

// seconds decodes a time in jiffies as getsockopt does: whole seconds.
func (d *decoder) seconds(b []byte) time.Duration {
	return time.Duration(int32(binary.NativeEndian.Uint32(b))/d.hz) * time.Second
}

// intern keeps one string for every name.
func (d *decoder) intern(comm []byte) string {
	if end := bytes.IndexByte(comm, 0); end >= 0 {
		comm = comm[:end]
	}
	if name, ok := d.names[string(comm)]; ok {
		return name
	}
	if len(d.names) >= namesKept || d.names == nil {
		d.names = make(map[string]string)
	}
	name := string(comm)
	d.names[name] = name
	return name
}
