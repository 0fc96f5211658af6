package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// The plain structs that encoding/json would write: the oracle. They are filled
// here from the connection's fields on their own account.
type (
	plainSnapshot struct {
		Schema      int               `json:"schema"`
		At          time.Time         `json:"at"`
		Host        *string           `json:"host"`
		Connections []plainConnection `json:"connections"`
	}
	plainConnection struct {
		NetNS     plainNetNS     `json:"netns"`
		Family    string         `json:"family"`
		State     string         `json:"state"`
		Local     plainAddress   `json:"local"`
		Remote    plainAddress   `json:"remote"`
		Cookie    uint64         `json:"cookie"`
		Inode     *uint32        `json:"inode"`
		UID       *uint32        `json:"uid"`
		User      *string        `json:"user"`
		Owners    []plainOwner   `json:"owners"`
		Unit      *string        `json:"unit"`
		Timer     plainTimer     `json:"timer"`
		Keepalive plainKeepalive `json:"keepalive"`
		TCP       *plainTCP      `json:"tcp"`
		RecvQueue uint32         `json:"recv_queue"`
		SendQueue uint32         `json:"send_queue"`
		Verdict   string         `json:"verdict"`
		Severity  string         `json:"severity"`
		Evidence  *string        `json:"evidence"`
	}
	plainNetNS struct {
		Inode *uint64 `json:"inode"`
		Name  *string `json:"name"`
	}
	plainAddress struct {
		Addr string `json:"addr"`
		Port uint16 `json:"port"`
	}
	plainOwner struct {
		PID  int32  `json:"pid"`
		FD   int32  `json:"fd"`
		Name string `json:"name"`
	}
	plainTimer struct {
		Kind      string `json:"kind"`
		ExpiresMs *int64 `json:"expires_ms"`
	}
	plainKeepalive struct {
		State         string `json:"state"`
		Source        string `json:"source"`
		IdleS         *int64 `json:"idle_s"`
		IntervalS     *int64 `json:"interval_s"`
		Count         *int   `json:"count"`
		UserTimeoutMs *int64 `json:"user_timeout_ms"`
		Unanswered    *int   `json:"unanswered"`
		Left          *int   `json:"left"`
		NextProbeMs   *int64 `json:"next_probe_ms"`
		DiesInMs      *int64 `json:"dies_in_ms"`
		DetectsInS    *int64 `json:"detects_in_s"`
	}
	plainTCP struct {
		RTTUs          *int64  `json:"rtt_us"`
		SilentMs       *int64  `json:"silent_ms"`
		LastDataRecvMs *int64  `json:"last_data_recv_ms"`
		LastAckRecvMs  *int64  `json:"last_ack_recv_ms"`
		LastDataSentMs *int64  `json:"last_data_sent_ms"`
		Retransmits    uint8   `json:"retransmits"`
		Backoff        uint8   `json:"backoff"`
		TotalRetrans   uint32  `json:"total_retrans"`
		Unacked        uint32  `json:"unacked"`
		NotSentBytes   *uint32 `json:"notsent_bytes"`
		BytesSent      *uint64 `json:"bytes_sent"`
		BytesReceived  *uint64 `json:"bytes_received"`
	}
)

// known is nil unless ok.
func known[T any](v T, ok bool) *T {
	if !ok {
		return nil
	}
	return &v
}

func in(unit time.Duration) func(time.Duration, bool) *int64 {
	return func(d time.Duration, ok bool) *int64 { return known(int64(d/unit), ok) }
}

func plain(c *conn.Connection) plainConnection {
	th := conn.DefaultThresholds()
	j := conn.Judge(c, &th)
	evidence := conn.Evidence(c, j, &th)
	return plainConnection{
		NetNS:  plainNetNS{known(c.NetNS.Inode, c.NetNS.Inode != 0), known(c.NetNS.Name, c.NetNS.Name != "")},
		Family: c.Family.String(), State: c.State.String(),
		Local:  plainAddress{c.Local.Addr().String(), c.Local.Port()},
		Remote: plainAddress{c.Remote.Addr().String(), c.Remote.Port()},
		Cookie: c.Cookie, Inode: known(c.Inode, c.Inode != 0), UID: known(c.UID, c.Inode != 0),
		User: known(c.User, c.Inode != 0 && c.User != ""), Owners: plainOwners(c), Unit: known(c.Unit, c.Unit != ""),
		Timer:     plainTimer{c.Timer.Kind.String(), known(c.Timer.Expires.Milliseconds(), c.Timer.Kind != conn.TimerNone)},
		Keepalive: plainKeepaliveOf(c), TCP: plainTCPOf(c), RecvQueue: c.RecvQueue, SendQueue: c.SendQueue,
		Verdict: j.Verdict.String(), Severity: j.Severity.String(), Evidence: known(evidence, evidence != ""),
	}
}

func plainOwners(c *conn.Connection) []plainOwner {
	if c.Inode != 0 && len(c.Owners) == 0 {
		return nil
	}
	owners := []plainOwner{}
	for _, o := range c.Owners {
		owners = append(owners, plainOwner{o.PID, o.FD, o.Name})
	}
	return owners
}

func plainKeepaliveOf(c *conn.Connection) plainKeepalive {
	k, read := c.Keepalive, c.Keepalive.Source == conn.SourceRead
	ms := in(time.Millisecond)
	p := plainKeepalive{
		State: k.State.String(), Source: k.Source.String(),
		IdleS: in(time.Second)(k.Params.Idle, read), IntervalS: in(time.Second)(k.Params.Interval, read), Count: known(k.Params.Count, read),
		UserTimeoutMs: ms(k.UserTimeout, read && k.UserTimeout > 0),
		Unanswered:    known(c.Unanswered()), Left: known(c.Left()),
		NextProbeMs: ms(c.NextProbe()), DiesInMs: ms(c.DiesIn()),
	}
	if d, ok := c.DetectsIn(); k.State != conn.KeepaliveOff {
		p.DetectsInS = in(time.Second)(d, ok)
	}
	return p
}

func plainTCPOf(c *conn.Connection) *plainTCP {
	t := &c.TCP
	if t.Known == 0 || c.State == conn.StateListen {
		return nil
	}
	ms := in(time.Millisecond)
	silent, heard := c.SilentFor()
	recv, received := c.LastDataRecv()
	return &plainTCP{
		RTTUs:    in(time.Microsecond)(t.RTT, t.RTT != 0),
		SilentMs: ms(silent, heard), LastDataRecvMs: ms(recv, heard && received),
		LastAckRecvMs: ms(t.LastAckRecv, heard), LastDataSentMs: ms(t.LastDataSent, heard),
		Retransmits: t.Retransmits, Backoff: t.Backoff, TotalRetrans: t.TotalRetrans, Unacked: t.Unacked,
		NotSentBytes: known(t.NotSentBytes, t.Has(conn.TCPNotSent)), BytesSent: known(t.BytesSent, t.Has(conn.TCPBytesSent)),
		BytesReceived: known(t.BytesReceived, t.Has(conn.TCPBytes)),
	}
}

func TestWriteJSONEqualsEncodingJSON(t *testing.T) {
	t.Parallel()
	s := sample()
	want := plainSnapshot{Schema: 1, At: s.At, Host: &s.Host}
	for _, i := range inOrder(s) {
		want.Connections = append(want.Connections, plain(&s.Connections[i]))
	}
	var got, one bytes.Buffer
	if err := WriteJSON(&got, s, inOrder(s)); err != nil {
		t.Fatal(err)
	}
	if err := json.Compact(&one, got.Bytes()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(marshal(t, want), one.String()); diff != "" {
		t.Errorf("JSON differs from encoding/json's (-want +got):\n%s", diff)
	}
}

func TestWriteJSONLEqualsEncodingJSON(t *testing.T) {
	t.Parallel()
	s := sample()
	var want strings.Builder
	for i := range s.Connections {
		want.WriteString(marshal(t, plain(&s.Connections[i])) + "\n")
	}
	var got bytes.Buffer
	if err := WriteJSONL(&got, s, inOrder(s)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Errorf("JSON Lines differ from encoding/json's (-want +got):\n%s", diff)
	}
}

// marshal writes v with encoding/json and escapes what that leaves unescaped.
// In compact JSON whatever is not printable can only stand in a string.
func marshal(t *testing.T, v any) string {
	t.Helper()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range strings.TrimSuffix(out.String(), "\n") {
		switch {
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
