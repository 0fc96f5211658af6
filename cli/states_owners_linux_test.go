package cli

import (
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/katop/katop/lab"
)

// againstOwners compares with what the owners of the sockets know of them.
func againstOwners(t *testing.T, want []lab.Expectation, got []listed) {
	t.Helper()
	byKey := map[string]*listed{}
	for i := range got {
		byKey[got[i].key()] = &got[i]
	}
	if len(byKey) != len(got) || len(got) != len(want) {
		t.Errorf("%d connections under %d keys, want %d", len(got), len(byKey), len(want))
	}
	for _, e := range want {
		key := fmt.Sprintf("%s %s %s", e.State, e.Local, e.Remote)
		l := byKey[key]
		if l == nil {
			t.Errorf("%s is missing", e)
			continue
		}
		if diff := gocmp.Diff(factsOf(e, l), factsIn(l, e.Cookie != 0)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", e, diff)
		}
		if l.Cookie == 0 {
			t.Errorf("%s has no cookie", e)
		}
		if bare := e.State == "LISTEN" || e.State == "SYN-RECV" || e.Timer == "time-wait"; bare != (l.TCP == nil) {
			t.Errorf("%s: tcp_info is %v", e, l.TCP)
		}
		checkNextProbe(t, e, l)
	}
}

// facts are what owner and katop must agree on.
type facts struct {
	NetNS                       uint64
	Family, Timer               string
	Inode                       uint32
	Cookie                      uint64
	Owner                       string
	Keepalive                   string
	Unanswered, Left, DetectsIn string
	DiesIn                      string
	Expires                     bool
	Verdict                     string
}

// factsOf is what must be said of a socket. How often its data was
// retransmitted goes on meanwhile: l tells that, and ss has confirmed it.
func factsOf(e lab.Expectation, l *listed) facts {
	f := facts{
		NetNS: e.NetNS, Family: "ipv6", Timer: e.Timer, Inode: e.Inode, Cookie: e.Cookie,
		Owner: "[]", Keepalive: "unknown unknown", Expires: e.Timer != "none",
		Unanswered: "-", Left: "-", DetectsIn: "-", DiesIn: "-", Verdict: verdictOf(e, l),
	}
	if e.Local.Addr().Is4() {
		f.Family = "ipv4"
	}
	if e.PID != 0 {
		f.Owner = fmt.Sprintf("[{%d %d}]", e.PID, e.FD)
	}
	k := e.Keepalive
	if k == nil {
		return f
	}
	f.Keepalive = "off read"
	if k.On {
		f.Keepalive = "on read"
	}
	f.Keepalive += fmt.Sprintf(" %d/%d/%d timeout %d", k.Idle/time.Second, k.Interval/time.Second, k.Count, k.UserTimeout.Milliseconds())
	if k.On && e.State != "LISTEN" && e.State != "SYN-SENT" {
		f.DetectsIn = "394" // 301 + 3 × 31
		if k.UserTimeout > 0 {
			f.DetectsIn = "334" // 302 + 32, the first probe's end past 330.5
		}
	}
	if e.Timer == "keepalive" {
		f.Unanswered = "0"
		if k.UserTimeout == 0 {
			f.Left = fmt.Sprint(k.Count)
		}
	}
	return f
}

// verdictOf is what the scene implies. Everybody was heard a moment ago.
func verdictOf(e lab.Expectation, l *listed) string {
	if e.Timer == "retransmit" && e.State != "SYN-SENT" && e.State != "SYN-RECV" && l.TCP != nil {
		switch n := l.TCP.Retransmits; {
		case n >= 5:
			return "stalled critical"
		case n >= 3:
			return "stalled warning"
		}
	}
	switch {
	case e.Timer == "zero-window":
		return "zero-window warning"
	case e.State == "SYN-RECV":
		return "embryonic notice"
	case e.State == "CLOSE-WAIT":
		return "close-wait notice"
	case e.State == "ESTABLISHED" && !e.Keepalive.On && e.Keepalive.UserTimeout == 0:
		return "unguarded notice"
	}
	return "ok ok"
}

func factsIn(l *listed, withCookie bool) facts {
	k := &l.Keepalive
	f := facts{
		NetNS: l.NetNS.Inode, Family: l.Family, Timer: l.Timer.Kind, Owner: fmt.Sprint(l.Owners),
		Keepalive: k.State + " " + k.Source, Expires: l.Timer.ExpiresMS != nil, Verdict: l.Verdict + " " + l.Severity,
		Unanswered: orDash(k.Unanswered), Left: orDash(k.Left), DetectsIn: orDash(k.DetectsInS), DiesIn: orDash(k.DiesInMS),
	}
	if withCookie {
		f.Cookie = l.Cookie
	}
	if l.Inode != nil {
		f.Inode = *l.Inode
	}
	if k.IdleS != nil && k.IntervalS != nil && k.Count != nil {
		timeout := int64(0)
		if k.UserTimeoutMS != nil {
			timeout = *k.UserTimeoutMS
		}
		f.Keepalive += fmt.Sprintf(" %d/%d/%d timeout %d", *k.IdleS, *k.IntervalS, *k.Count, timeout)
	}
	return f
}

func orDash[T any](v *T) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprint(*v)
}

// checkNextProbe holds that a probe comes, at the earliest, when the timer fires
// and when the peer has been silent for TCP_KEEPIDLE.
func checkNextProbe(t *testing.T, e lab.Expectation, l *listed) {
	t.Helper()
	next := l.Keepalive.NextProbeMS
	if due := e.Timer == "keepalive"; due != (next != nil) {
		t.Errorf("%s: next probe %s ms, want one: %v", e, orDash(next), due)
	}
	if next == nil || l.TCP == nil || l.TCP.SilentMS == nil || l.Timer.ExpiresMS == nil {
		return
	}
	want := max(*l.Timer.ExpiresMS, e.Keepalive.Idle.Milliseconds()-*l.TCP.SilentMS)
	if off := *next - want; off < -1 || off > 1 { // all are rounded
		t.Errorf("%s: next probe in %d ms, want %d", e, *next, want)
	}
}
