package conn

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilterErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"foo prot:80", `unknown field "prot" at column 5: did you mean "proc" or "port"?`},
		{"é prot:80", `unknown field "prot" at column 3: did you mean "proc" or "port"?`},
		{"silnet>5m", `unknown field "silnet" at column 1: did you mean "silent"?`},
		{"-un:x", `unknown field "un" at column 2: did you mean "unit" or "unanswered"?`},
		{"nginx: x", `unknown field "nginx" (text with ":" in it goes in quotes) at column 1`},
		{"=5", `unknown field "" (text with "=" in it goes in quotes) at column 1`},
		{"state:estabd", `unknown state "estabd" in "state:estabd" at column 7: did you mean "ESTAB"?`},
		{"state:estab|tiem-wait", `unknown state "tiem-wait" in "state:estab|tiem-wait" at column 13: did you mean "TIME-WAIT"?`},
		{"state:xyzzy", `unknown state "xyzzy" in "state:xyzzy" at column 7`},
		{"ka:no", `unknown keepalive state "no" in "ka:no" at column 4: did you mean "on"?`},
		{"timer:keepalife", `unknown timer "keepalife" in "timer:keepalife" at column 7: did you mean "keepalive"?`},
		{"verdict:halfopen", `unknown verdict "halfopen" in "verdict:halfopen" at column 9: did you mean "half-open"?`},
		{"severity>=warn", `unknown severity "warn" in "severity>=warn" at column 11: did you mean "warning"?`},
		{"cuase:reset", `unknown field "cuase" at column 1: did you mean "cause"?`},
		{"nginx -cause:reset", `"cause" asks about events, not connections (it goes with katop events and the monitor's view 5) at column 8`},
		{"event:opened", `"event" asks about events, not connections (it goes with katop events and the monitor's view 5) at column 1`},
		{"silent:5m", `"silent" takes >, <, >=, <= or =, not ":" at column 7`},
		{"nginx|port:80", `":" in bare word "port:80" (a term has one field, in front; text goes in quotes) at column 7`},
		{"-::1|a=b", `"=" in bare word "a=b" (a term has one field, in front; text goes in quotes) at column 6`},
		{`"my"app:x`, `":" in bare word "\"my\"app:x" (a term has one field, in front; text goes in quotes) at column 1`},
		{"ka=on", `"ka" takes :, not "=" at column 3`},
		{"silent>5x", `"5x" is no time (write 90, 90s, 1m30s, 250ms or 2d) in "silent>5x" at column 8`},
		{"silent=>5", `">5" is no time (write 90, 90s, 1m30s, 250ms or 2d) in "silent=>5" at column 8`},
		{"left<never", `"never" is no whole number in "left<never" at column 6`},
		{"retrans>-1", `"-1" is no whole number in "retrans>-1" at column 9`},
		{"pid:nginx", `"nginx" is no PID in "pid:nginx" at column 5`},
		{"pid:0", `"0" is no PID in "pid:0" at column 5`},
		{"port:https", `"https" is no port (write 443 or 8000-8100, from 1 to 65535) in "port:https" at column 6`},
		{"port:0", `"0" is no port (write 443 or 8000-8100, from 1 to 65535) in "port:0" at column 6`},
		{"port:90-80", `"90-80" is no port (write 443 or 8000-8100, from 1 to 65535) in "port:90-80" at column 6`},
		{":65536", `"65536" is no port (write 443 or 8000-8100, from 1 to 65535) in ":65536" at column 2`},
		{"addr:10.0.0", `"10.0.0" is no address (write 10.0.0.1, 10.0.0.0/8 or 10.0.0.1:443; no zone) in "addr:10.0.0" at column 6`},
		{"addr:10.0.0.0/33", `"10.0.0.0/33" is no address (write 10.0.0.1, 10.0.0.0/8 or 10.0.0.1:443; no zone) in "addr:10.0.0.0/33" at column 6`},
		{"addr:fe80::1%eth0", `address "fe80::1%eth0" with a zone (leave "%eth0" away) in "addr:fe80::1%eth0" at column 6`},
		{"a -", `"-" without a term behind it at column 3`},
		{"proc:", `missing value in "proc:" at column 5`},
		{"proc:a||b", `missing value in "proc:a||b" at column 8`},
		{"a|", `missing value in "a|" at column 2`},
		{`unit:""`, `missing value in "unit:\"\"" at column 6`},
		{`proc:"my app`, `quote without its partner in "proc:\"my app" at column 6`},
		{"\x1b]0;x\a:y", `unknown field "\x1b]0;x\a" (text with ":" in it goes in quotes) at column 1`},
		{"half-open", `bare word "half-open" is looked for in names and units (as text it goes in quotes) at column 1: did you mean "verdict:half-open"?`},
		{"nginx|Critical", `bare word "Critical" is looked for in names and units (as text it goes in quotes) at column 7: did you mean "severity:critical"?`},
	} {
		f, err := ParseFilter(tt.text)
		if err == nil {
			t.Errorf("%q: no error", tt.text)
			continue
		}
		if f != nil {
			t.Errorf("%q: a filter beside the error", tt.text)
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestFilterErrorPlace(t *testing.T) {
	t.Parallel()
	_, err := ParseFilter("état:x  state:estab|tiem-wait nginx")
	var fault *FilterError
	if !errors.As(err, &fault) {
		t.Fatalf("%v is no *FilterError", err)
	}
	_, err = ParseFilter("état  state:estab|tiem-wait nginx")
	if !errors.As(err, &fault) {
		t.Fatalf("%v is no *FilterError", err)
	}
	want := FilterError{
		Term: "state:estab|tiem-wait", Offset: len("état  state:estab|"), Column: 19,
		Problem: `unknown state "tiem-wait" in "state:estab|tiem-wait"`, Nearest: []string{"TIME-WAIT"},
	}
	if diff := cmp.Diff(want, *fault); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEventFilterErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"cause:rset", `unknown cause "rset" in "cause:rset" at column 7: did you mean "reset"?`},
		{"cause:keepalive", `unknown cause "keepalive" in "cause:keepalive" at column 7: did you mean "keepalive-timeout"?`},
		{"event:died|open", `unknown event "open" in "event:died|open" at column 12: did you mean "opened"?`},
		{"event:reset", `unknown event "reset" in "event:reset" at column 7`},
		{"cause=reset", `"cause" takes :, not "=" at column 6`},
	} {
		f, err := ParseEventFilter(tt.text)
		if err == nil || f != nil {
			t.Errorf("%q: %v, error %v", tt.text, f, err)
			continue
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
}

// FuzzParseFilter: whatever is typed, the answer is a filter whose text makes
// the same filter again, or an error that points into the text.
func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{
		"", " ", "-", "--a", "|", ":", ">", `"`, `""`, `a"b c"d`, "nginx :443 -state:listen", "proc:\"my app\"|x",
		"silent>5m idle>=300 detects=never unanswered>0 left<2 rtt>1.5ms retrans>0 sendq>0 age<1d2h",
		"addr:10.0.0.0/8|::1|[fe80::1]:80 laddr:::ffff:10.0.0.0/100 raddr:0.0.0.0/0", ":443|:80-90", "::1", "::1|x",
		"ka:on|off|unknown verdict:ok severity>=warning timer:none netns:1 user:0 unit:a pid:1", "état:é", "\xff:\xfe", "-event:died|opened cause:reset",
	} {
		f.Add(seed)
	}
	s := plausible(40, 4)
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := ParseEventFilter(text)
		if err != nil {
			checkFault(t, text, err)
			return
		}
		again, err := ParseEventFilter(parsed.String())
		if err != nil {
			t.Fatalf("%q reads back with %v", parsed.String(), err)
		}
		if diff := cmp.Diff(parsed.Narrow(), again.Narrow(), cmp.Comparer(func(a, b Endpoint) bool { return a == b })); diff != "" {
			t.Errorf("narrowing of %q (-first +again):\n%s", text, diff)
		}
		narrowing := parsed.Narrow()
		for i := range s.Connections {
			c := &s.Connections[i]
			if parsed.Match(c) != again.Match(c) {
				t.Errorf("%q reads back as another filter", text)
			}
			if parsed.Match(c) && !satisfies(narrowing, c) {
				t.Errorf("%q matches %v %v, which its narrowing leaves out", text, c.Local, c.Remote)
			}
		}
	})
}

func checkFault(t *testing.T, text string, err error) {
	t.Helper()
	var fault *FilterError
	if !errors.As(err, &fault) {
		t.Fatalf("%T is no *FilterError", err)
	}
	if fault.Offset < 0 || fault.Offset >= len(text) {
		t.Errorf("offset %d is outside of %q", fault.Offset, text)
	}
	if fault.Column < 1 || fault.Column > fault.Offset+1 {
		t.Errorf("column %d for offset %d", fault.Column, fault.Offset)
	}
	if at := strings.Index(text, fault.Term); at < 0 || fault.Term == "" {
		t.Errorf("term %q is not in %q", fault.Term, text)
	}
	if strings.ContainsAny(err.Error(), "\n\r\x1b") {
		t.Errorf("%q is not one harmless line", err)
	}
}
