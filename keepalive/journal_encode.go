package keepalive

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
)

// encode appends the entry as a line: what encoding/json makes of it, in a sixth
// of the time, which is much of the cost of changing many connections. Control
// characters in names are escaped, so that no name can begin a line of its own.
func (e *entry) encode(b []byte) (line []byte, err error) {
	b = strconv.AppendInt(append(b, `{"schema":`...), int64(e.Schema), 10)
	b = appendText(append(b, `,"id":`...), e.ID)
	if b, err = e.At.AppendText(append(b, `,"at":"`...)); err != nil {
		return nil, fmt.Errorf("write a journal entry: %w", err)
	}
	b = appendText(append(b, `","kind":`...), e.Kind)
	b = strconv.AppendInt(append(b, `,"n":`...), int64(e.N), 10)
	if e.Through != 0 {
		b = strconv.AppendInt(append(b, `,"through":`...), int64(e.Through), 10)
	}
	if e.By != nil {
		b = e.By.encode(append(b, `,"by":`...))
	}
	b = appendTextIf(b, `,"undoes":`, e.Undoes)
	if e.Complete {
		b = append(b, `,"complete":true`...)
	}
	if e.Connection != nil {
		b = e.Connection.encode(append(b, `,"connection":`...))
	}
	if e.Owner != nil {
		b = e.Owner.encode(append(b, `,"owner":`...))
	}
	if e.Old != nil {
		b = e.Old.encode(append(b, `,"old":`...))
	}
	if e.New != nil {
		b = e.New.encode(append(b, `,"new":`...))
	}
	b = appendTextIf(b, `,"outcome":`, e.Outcome)
	b = appendTextIf(b, `,"reason":`, e.Reason)
	return append(b, "}\n"...), nil
}

func (a *author) encode(b []byte) []byte {
	b = strconv.AppendUint(append(b, `{"uid":`...), uint64(a.UID), 10)
	b = appendTextIf(b, `,"user":`, a.User)
	if a.SudoUID != 0 {
		b = strconv.AppendUint(append(b, `,"sudo_uid":`...), uint64(a.SudoUID), 10)
	}
	b = appendTextIf(b, `,"sudo_user":`, a.SudoUser)
	b = strconv.AppendInt(append(b, `,"pid":`...), int64(a.PID), 10)
	b = strconv.AppendUint(append(b, `,"started":`...), a.Started, 10)
	return append(appendText(append(b, `,"boot":`...), a.Boot), '}')
}

func (c *entryConnection) encode(b []byte) []byte {
	b = strconv.AppendUint(append(b, `{"netns":`...), c.NetNS, 10)
	b = strconv.AppendUint(append(b, `,"cookie":`...), c.Cookie, 10)
	b = strconv.AppendUint(append(b, `,"inode":`...), uint64(c.Inode), 10)
	b = appendText(append(b, `,"family":`...), c.Family)
	b = appendText(append(b, `,"state":`...), c.State)
	b = appendAddrPort(append(b, `,"local":`...), c.Local)
	return append(appendAddrPort(append(b, `,"remote":`...), c.Remote), '}')
}

func (o *entryOwner) encode(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"pid":`...), int64(o.PID), 10)
	b = strconv.AppendInt(append(b, `,"fd":`...), int64(o.FD), 10)
	return append(appendText(append(b, `,"name":`...), o.Name), '}')
}

func (s *settings) encode(b []byte) []byte {
	b = strconv.AppendBool(append(b, `{"on":`...), s.On)
	b = strconv.AppendInt(append(b, `,"idle_s":`...), int64(s.Idle), 10)
	b = strconv.AppendInt(append(b, `,"interval_s":`...), int64(s.Interval), 10)
	b = strconv.AppendInt(append(b, `,"count":`...), int64(s.Count), 10)
	b = strconv.AppendInt(append(b, `,"user_timeout_ms":`...), s.UserTimeoutMS, 10)
	if s.ReuseAddr != nil {
		b = strconv.AppendBool(append(b, `,"reuse_addr":`...), *s.ReuseAddr)
	}
	return append(b, '}')
}

// appendTextIf appends a field unless it is empty.
func appendTextIf(b []byte, name, s string) []byte {
	if s == "" {
		return b
	}
	return appendText(append(b, name...), s)
}

// appendText quotes a text. encoding/json does what takes an escape.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // a string always can be
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// appendAddrPort writes addresses as the kernel names them: without a zone, which
// might need an escape.
func appendAddrPort(b []byte, a netip.AddrPort) []byte {
	if a.Addr().Zone() != "" {
		return appendText(b, a.String())
	}
	if !a.IsValid() {
		return append(b, `""`...)
	}
	return append(a.AppendTo(append(b, '"')), '"')
}
