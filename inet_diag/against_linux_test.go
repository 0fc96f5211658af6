package inetdiag

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDumpAgreesWithProc compares with /proc/net/tcp and tcp6.
func TestDumpAgreesWithProc(t *testing.T) {
	n := newNamespace(t)
	newScene(t, n)
	c := n.dial(t)

	before := procRows(collect(t, c, nil))
	want := make(map[string]string)
	err := n.do(func() error {
		for _, name := range []string{"tcp", "tcp6"} {
			b, err := os.ReadFile("/proc/thread-self/net/" + name)
			if err != nil {
				return err
			}
			for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
				key, row := parseProc(t, strings.Fields(line))
				want[key] = row
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	compareSteady(t, before, want, procRows(collect(t, c, nil)))
}

// compareSteady compares what another tool showed between two dumps with what
// the two agree on.
func compareSteady[V any](t *testing.T, before, want, after map[string]V) {
	t.Helper()
	steady := 0
	for key := range before {
		if cmp.Equal(before[key], after[key]) {
			steady++
			continue
		}
		t.Logf("%s changed meanwhile", key)
		delete(before, key)
		delete(want, key)
	}
	if diff := cmp.Diff(want, before); diff != "" {
		t.Errorf("(-other tool +dump):\n%s", diff)
	}
	if steady < 20 {
		t.Errorf("%d sockets did not change, want at least 20", steady)
	}
}

const procFormat = "state %d queues %d %d timer %d uid %d inode %d"

func procRows(sockets map[uint64]Socket) map[string]string {
	rows := make(map[string]string)
	for _, s := range sockets {
		if s.State == StateListen {
			s.WQueue = 0 // /proc does not tell the limit of the accept queue
		}
		rows[procKey(s.ID.Local, s.ID.Remote)] = fmt.Sprintf(procFormat, s.State, s.RQueue, s.WQueue, s.Timer, s.UID, s.Inode)
	}
	return rows
}

func procKey(local, remote netip.AddrPort) string { return fmt.Sprint(local, " ", remote) }

// parseProc reads a line of get_tcp4_sock (net/ipv4/tcp_ipv4.c): sl, local,
// remote, st, tx:rx, tr:when, retrnsmt, uid, timeout, inode.
func parseProc(t *testing.T, fields []string) (key, row string) {
	t.Helper()
	number := func(s string, base int) uint64 {
		v, err := strconv.ParseUint(s, base, 32)
		if err != nil {
			t.Fatalf("/proc/net/tcp: %v", err)
		}
		return v
	}
	tx, rx, _ := strings.Cut(fields[4], ":")
	timer, _, _ := strings.Cut(fields[5], ":")
	key = procKey(procAddrPort(t, fields[1]), procAddrPort(t, fields[2]))
	return key, fmt.Sprintf(procFormat, number(fields[3], 16), number(rx, 16), number(tx, 16),
		number(timer, 16), number(fields[7], 10), number(fields[9], 10))
}

// procAddrPort reads an address printed as 32-bit words of the host's order.
func procAddrPort(t *testing.T, s string) netip.AddrPort {
	t.Helper()
	words, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(words)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	a, _ := netip.AddrFromSlice(b)
	p, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		t.Fatal(err)
	}
	return netip.AddrPortFrom(a, uint16(p))
}

// TestDumpAgreesWithSS compares with the output of ss(8).
func TestDumpAgreesWithSS(t *testing.T) {
	ss, err := exec.LookPath("ss")
	if err != nil {
		t.Skip("needs ss (iproute2):", err)
	}
	n := newNamespace(t)
	newScene(t, n)
	c := n.dial(t)

	before := ssRows(collect(t, c, nil))
	var out []byte
	err = n.do(func() (err error) {
		out, err = exec.Command(ss, "-tanoiemHO").Output()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]map[string]string)
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		row := parseSS(line)
		want[row["sk"]] = row
	}
	compareSteady(t, before, want, ssRows(collect(t, c, nil)))
}

// ssKeys are the fields of ss that are compared. ss leaves out what is zero.
var ssKeys = []string{
	"ino", "sk", "uid", "fwmark", "skmem", "timer", "wscale", "rto", "mss", "pmtu", "rcvmss", "advmss", "cwnd", "ssthresh", "unacked",
	"bytes_sent", "bytes_retrans", "bytes_acked", "bytes_received", "segs_out", "segs_in", "data_segs_out", "data_segs_in", "delivered",
	"notsent", "rcv_space", "rcv_ssthresh", "minrtt", "rtt", "snd_wnd",
}

func parseSS(line string) map[string]string {
	fields := strings.Fields(line)
	row := map[string]string{"state": fields[0], "queues": fields[1] + " " + fields[2]}
	for _, f := range fields[5:] {
		key, value, ok := strings.Cut(f, ":")
		switch {
		case !ok && slices.Contains([]string{"bbr", "cubic", "reno"}, f):
			row["congestion"] = f
		case key == "timer":
			parts := strings.Split(strings.Trim(value, "()"), ",")
			row[key] = parts[0] + " " + parts[2]
		case slices.Contains(ssKeys, key):
			row[key] = value
		}
	}
	return row
}

func ssRows(sockets map[uint64]Socket) map[string]map[string]string {
	rows := make(map[string]map[string]string)
	for _, s := range sockets {
		row := ssRow(&s)
		rows[row["sk"]] = row
	}
	return rows
}

// ssRow writes a socket as tcp_show_sock of ss does (iproute2, misc/ss.c).
func ssRow(s *Socket) map[string]string {
	row := map[string]string{
		"state":  [...]string{1: "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "UNCONN", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING"}[s.State],
		"queues": fmt.Sprint(s.RQueue, " ", s.WQueue),
		"ino":    fmt.Sprint(s.Inode),
		"sk":     fmt.Sprintf("%x", s.ID.Cookie),
	}
	number := func(key string, v uint64) {
		if v != 0 {
			row[key] = fmt.Sprint(v)
		}
	}
	number("uid", uint64(s.UID))
	if s.Timer != TimerNone {
		name := [...]string{1: "on", "keepalive", "timewait", "persist", "unknown"}[s.Timer]
		row["timer"] = fmt.Sprint(name, " ", s.Retrans)
	}
	if s.Mark != 0 {
		row["fwmark"] = fmt.Sprintf("%#x", s.Mark)
	}
	if s.Has(AttrMemory) {
		m := &s.Memory
		row["skmem"] = fmt.Sprintf("(r%d,rb%d,t%d,tb%d,f%d,w%d,o%d,bl%d,d%d)", m.RecvAlloc, m.RecvBuffer, m.SendAlloc, m.SendBuffer,
			m.ForwardAlloc, m.SendQueued, m.Optional, m.Backlog, m.Drops)
	}
	if s.Has(AttrCongestion) {
		row["congestion"] = s.Congestion
	}
	if !s.Has(AttrInfo) {
		return row
	}
	i := &s.Info
	if i.SendScale != 0 || i.RecvScale != 0 {
		row["wscale"] = fmt.Sprintf("%d,%d", i.SendScale, i.RecvScale)
	}
	if ms := i.RTO.Milliseconds(); ms != 3000 { // ss leaves out the initial one of old kernels
		number("rto", uint64(ms))
	}
	if i.RTT != 0 {
		row["rtt"] = fmt.Sprintf("%g/%g", milli(i.RTT.Microseconds()), milli(i.RTTVariance.Microseconds()))
	}
	if i.MinRTT != 0 && uint32(i.MinRTT.Microseconds()) != ^uint32(0) {
		row["minrtt"] = fmt.Sprintf("%g", milli(i.MinRTT.Microseconds()))
	}
	if i.SendSSThresh < 0xffff {
		number("ssthresh", uint64(i.SendSSThresh))
	}
	for key, v := range map[string]uint32{
		"mss": i.SendMSS, "pmtu": i.PathMTU, "rcvmss": i.RecvMSS, "advmss": i.AdvertMSS, "cwnd": i.SendCwnd, "unacked": i.Unacked,
		"segs_out": i.SegsOut, "segs_in": i.SegsIn, "data_segs_out": i.DataSegsOut, "data_segs_in": i.DataSegsIn, "delivered": i.Delivered,
		"notsent": i.NotSentBytes, "rcv_space": i.RecvSpace, "rcv_ssthresh": i.RecvSSThresh, "snd_wnd": i.SendWindow,
	} {
		number(key, uint64(v))
	}
	for key, v := range map[string]uint64{
		"bytes_sent": i.BytesSent, "bytes_retrans": i.BytesRetrans, "bytes_acked": i.BytesAcked, "bytes_received": i.BytesReceived,
	} {
		number(key, v)
	}
	return row
}

func milli(microseconds int64) float64 { return float64(microseconds) / 1000 }
