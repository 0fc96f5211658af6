package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/katop/katop/lab"
)

// ssRow is one line of ss -tanoie.
type ssRow struct {
	state, recvQueue, sendQueue string
	kind, expires, retries      string            // timer:(keepalive,4min58sec,0)
	fields                      map[string]string // name:value; ss leaves out what is zero
}

var (
	ssTimer  = regexp.MustCompile(`timer:\((\w+),([^,]*),(\d+)\)`)
	ssFields = regexp.MustCompile(`(\w+):(\S+)`)
)

// lookWithSS runs ss in the namespace; the rows are by cookie. Nil: there is no
// ss.
func lookWithSS(t *testing.T, ns *lab.Namespace) map[string]ssRow {
	t.Helper()
	ss, err := exec.LookPath("ss")
	if err != nil {
		t.Log("ss is not installed: not compared with it")
		return nil
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), ss, "-tanoieOH")
	cmd.Stdout = &out
	runIn(t, ns, cmd)
	states := map[string]string{"ESTAB": "ESTABLISHED"}
	kinds := map[string]string{"on": "retransmit", "persist": "zero-window", "timewait": "time-wait"}
	rows := map[string]ssRow{}
	for line := range strings.Lines(out.String()) {
		first := strings.Fields(line)
		r := ssRow{state: cmp.Or(states[first[0]], first[0]), recvQueue: first[1], sendQueue: first[2], kind: "none", fields: map[string]string{}}
		if timer := ssTimer.FindStringSubmatch(line); timer != nil {
			r.kind, r.expires, r.retries = cmp.Or(kinds[timer[1]], timer[1]), timer[2], timer[3]
		}
		for _, f := range ssFields.FindAllStringSubmatch(strings.Join(first[5:], " "), -1) {
			r.fields[f[1]] = f[2]
		}
		rows[r.fields["sk"]] = r
	}
	return rows
}

// againstSS compares with what ss said before and after: state, cookie, inode,
// user, unit, queues, timer, tcp_info. Compared counts the comparisons by field.
func againstSS(t *testing.T, before, after map[string]ssRow, got []listed, compared map[string]int) {
	t.Helper()
	if before == nil || after == nil {
		return
	}
	theirs, ours := map[string]string{}, map[string]string{}
	for cookie, r := range before {
		theirs[cookie] = fmt.Sprintf("%s ino:%s uid:%s timer:%s", r.state, cmp.Or(r.fields["ino"], "0"), cmp.Or(r.fields["uid"], "0"), r.kind)
	}
	for i := range got {
		l := &got[i]
		cookie := strconv.FormatUint(l.Cookie, 16)
		kind := l.Timer.Kind
		if kind == "fin-wait" {
			kind = "keepalive" // ss shows the kernel's number
		}
		ours[cookie] = fmt.Sprintf("%s ino:%s uid:%s timer:%s", l.State, zeroOr(l.Inode), zeroOr(l.UID), kind)
		c := ssComparison{t: t, l: l, before: before[cookie], after: after[cookie], compared: compared}
		c.all()
	}
	if diff := gocmp.Diff(theirs, ours); diff != "" {
		t.Errorf("against ss (-theirs +ours):\n%s", diff)
	}
}

func zeroOr[T any](v *T) string {
	if v == nil {
		return "0"
	}
	return fmt.Sprint(*v)
}

// ssComparison holds one connection between two looks of ss at it.
type ssComparison struct {
	t             *testing.T
	l             *listed
	before, after ssRow
	compared      map[string]int // how often, by field
}

func (c *ssComparison) all() {
	c.t.Helper()
	c.equal("receive queue", c.before.recvQueue, c.after.recvQueue, fmt.Sprint(c.l.RecvQueue))
	c.equal("send queue", c.before.sendQueue, c.after.sendQueue, fmt.Sprint(c.l.SendQueue))
	c.unit()
	c.timer()
	tcp := c.l.TCP
	if tcp == nil {
		return
	}
	c.equal("rtt", roundTrip(c.before), roundTrip(c.after), zeroOr(tcp.RTTUs))
	if c.l.Timer.Kind == "retransmit" {
		c.equal("retransmits", c.before.retries, c.after.retries, fmt.Sprint(tcp.Retransmits))
	}
	c.equal("total_retrans", retransmitted(c.before), retransmitted(c.after), fmt.Sprint(tcp.TotalRetrans))
	for name, value := range map[string]string{
		"backoff": fmt.Sprint(tcp.Backoff), "unacked": fmt.Sprint(tcp.Unacked), "notsent": zeroOr(tcp.NotSentBytes),
		"bytes_sent": zeroOr(tcp.BytesSent), "bytes_received": zeroOr(tcp.BytesReceived),
	} {
		c.equal(name, cmp.Or(c.before.fields[name], "0"), cmp.Or(c.after.fields[name], "0"), value)
	}
	c.grows("lastsnd", tcp.LastDataSentMS)
	c.grows("lastack", tcp.LastAckRecvMS)
	if c.before.fields["bytes_received"] != "" {
		c.grows("lastrcv", tcp.LastDataRecvMS)
	} else if tcp.LastDataRecvMS != nil {
		c.t.Errorf("%s: data came %d ms ago, but none ever did", c.l.key(), *tcp.LastDataRecvMS)
	}
	if silent := tcp.SilentMS; silent != nil && *silent != min(*tcp.LastAckRecvMS, *orThis(tcp.LastDataRecvMS, tcp.LastAckRecvMS)) {
		c.t.Errorf("%s: silent for %d ms, last ACK %s and data %s ms ago", c.l.key(), *silent, orDash(tcp.LastAckRecvMS), orDash(tcp.LastDataRecvMS))
	}
}

func orThis[T any](v, otherwise *T) *T {
	if v == nil {
		return otherwise
	}
	return v
}

// equal holds that ours is what ss said both times, if it was the same.
func (c *ssComparison) equal(what, before, after, ours string) {
	c.t.Helper()
	if before != after {
		return
	}
	c.compared[what]++
	if ours != before {
		c.t.Errorf("%s: %s %s, ss says %s", c.l.key(), what, ours, before)
	}
}

// jiffies is by how much times may differ that the kernel has in jiffies.
const jiffies = 20

// grows holds that a time since something lies between the two of ss, unless it
// began anew meanwhile.
func (c *ssComparison) grows(what string, ours *int64) {
	c.t.Helper()
	before, _ := strconv.ParseInt(cmp.Or(c.before.fields[what], "0"), 10, 64)
	after, _ := strconv.ParseInt(cmp.Or(c.after.fields[what], "0"), 10, 64)
	if c.l.State == "SYN-SENT" || after < before || c.before.retries != c.after.retries || c.before.fields["backoff"] != c.after.fields["backoff"] {
		return
	}
	c.compared[what]++
	if ours == nil || *ours < before-jiffies || *ours > after+jiffies {
		c.t.Errorf("%s: %s %s ms ago, ss says %d and then %d", c.l.key(), what, orDash(ours), before, after)
	}
}

// timer holds that the time to the timer's expiry lies between the two of ss,
// unless it fired meanwhile.
func (c *ssComparison) timer() {
	c.t.Helper()
	if c.before.kind == "none" || c.before.retries != c.after.retries || c.before.fields["backoff"] != c.after.fields["backoff"] {
		return
	}
	most, least := ssDuration(c.t, c.before.expires), ssDuration(c.t, c.after.expires)
	if least > most {
		return
	}
	c.compared["timer "+c.l.Timer.Kind]++
	if most >= 10*time.Second {
		most += time.Second // ss leaves out the rest
	}
	ours := time.Duration(math.MaxInt64)
	if c.l.Timer.ExpiresMS != nil {
		ours = time.Duration(*c.l.Timer.ExpiresMS) * time.Millisecond
	}
	if ours < least-jiffies*time.Millisecond || ours > most+jiffies*time.Millisecond {
		c.t.Errorf("%s: timer in %v, ss says %s and then %s", c.l.key(), ours, c.before.expires, c.after.expires)
	}
}

// unit holds that a socket outside of every cgroup has none, and that another's
// is in the way to its cgroup.
func (c *ssComparison) unit() {
	c.t.Helper()
	path, unit := c.before.fields["cgroup"], c.l.Unit
	switch {
	case unit == nil:
	case path == "/" || path == "":
		c.t.Errorf("%s: unit %s, ss says cgroup %q", c.l.key(), *unit, path)
	case strings.HasSuffix(*unit, ".service") && !strings.Contains(path, "/"+*unit):
		c.t.Errorf("%s: unit %s, ss says cgroup %q", c.l.key(), *unit, path)
	}
	if strings.HasSuffix(path, ".service") && unit == nil {
		c.t.Errorf("%s: no unit, ss says cgroup %q", c.l.key(), path)
	}
}

// ssDuration reads what print_ms_timer of iproute2 writes: "4min58sec", "31sec",
// "9.120ms" for 9.12 s, "203ms".
func ssDuration(t *testing.T, s string) time.Duration {
	t.Helper()
	if seconds, ok := strings.CutSuffix(s, "ms"); ok && strings.Contains(s, ".") {
		s = seconds + "s"
	}
	d, err := time.ParseDuration(strings.NewReplacer("min", "m", "sec", "s").Replace(cmp.Or(s, "0s")))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// roundTrip reads rtt:0.05/0.02, in milliseconds, as microseconds.
func roundTrip(r ssRow) string {
	mean, _, _ := strings.Cut(r.fields["rtt"], "/")
	ms, _ := strconv.ParseFloat(mean, 64)
	return fmt.Sprint(int64(math.Round(ms * 1000)))
}

// retransmitted reads the segments of the connection's life from retrans:1/3.
func retransmitted(r ssRow) string {
	_, total, _ := strings.Cut(r.fields["retrans"], "/")
	return cmp.Or(total, "0")
}
