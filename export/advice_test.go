package export

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// findings are one about connections, by a program whose name would do harm,
// two that share their advice and remedies, and one about none.
func findings() []conn.Finding {
	sysctl := conn.Remedy{Name: "sysctl, until the next boot", Text: "sysctl -w net.ipv4.tcp_keepalive_time=300 \\\n          net.ipv4.tcp_keepalive_probes=3"}
	const advice = "Where nothing is sent, a dead peer is never found. Where the protocol has a ping (HTTP/2, gRPC, WebSocket), that finds more."
	unguarded := func(program, filter string) conn.Finding {
		return conn.Finding{
			Kind: conn.FindingNoKeepalive, Severity: conn.SeverityWarning,
			Title:   program + ": 312 connections on :443 without keepalive, oldest silent 6 h, which is long for a title",
			Advice:  advice,
			Members: []int32{1}, Filter: filter,
			Remedies: []conn.Remedy{{Name: "katop, for those that are open", Text: "katop keepalive on " + filter}, {Name: "Java", Text: "socket.setKeepAlive(true);"}, sysctl},
		}
	}
	return []conn.Finding{
		{
			Kind: conn.FindingHalfOpen, Severity: conn.SeverityCritical,
			Title:   hostile + ": 2 connections on :443 are half-open, oldest silent 6 h",
			Advice:  "Their peers are gone for certain.",
			Members: []int32{0, 3}, Filter: `proc:"` + hostile + `" verdict:half-open`,
			Remedies: []conn.Remedy{
				{Name: "katop, for those that are there", Text: "katop kill --dry-run proc:nginx\nkatop kill proc:nginx"},
				{Name: "nginx", Text: "# \x1b[2J in a comment\nlisten 443 so_keepalive=300:30:3;"},
				sysctl,
			},
		},
		unguarded("java", "proc:java lport:443"),
		unguarded("tomcat", "proc:tomcat lport:443"),
		{Kind: conn.FindingKernelDefaults, Severity: conn.SeverityNotice, Title: "kernel defaults 7200/75/9 in 1 namespace", Advice: "The sysctls turn keepalive on for nobody."},
	}
}

func TestNothingToAdvise(t *testing.T) {
	t.Parallel()
	var text, object bytes.Buffer
	if err := WriteAdvice(&text, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("Nothing to advise.\n", text.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if err := WriteAdviceJSON(&object, sample(), nil); err != nil {
		t.Fatal(err)
	}
	const want = `{"schema":1,"at":"2024-11-20T10:30:00.123456789Z","host":"web-01","findings":[]}` + "\n"
	if diff := cmp.Diff(want, object.String()); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

// TestAdviceKeepsItsText holds that what is to be copied comes out of the JSON
// to the letter, and that no finding about nothing has a filter.
func TestAdviceKeepsItsText(t *testing.T) {
	t.Parallel()
	var object bytes.Buffer
	if err := WriteAdviceJSON(&object, sample(), findings()); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Findings []struct {
			Filter      *string
			Connections int
			Remedies    []struct{ Name, Text string }
		}
	}
	if err := json.Unmarshal(object.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	first, second := read.Findings[0], read.Findings[len(read.Findings)-1]
	if want := findings()[0].Remedies[1].Text; first.Connections != 2 || first.Remedies[1].Text != want {
		t.Errorf("%d connections, remedy %q; want 2, %q", first.Connections, first.Remedies[1].Text, want)
	}
	if second.Filter != nil || second.Connections != 0 || second.Remedies == nil {
		t.Errorf("filter %v, %d connections, remedies %v; want null, 0, []", second.Filter, second.Connections, second.Remedies)
	}
}

// TestAdviceOnce holds that nothing stands there twice, that what several share
// is referred to, and that the JSON has all of it in each place.
func TestAdviceOnce(t *testing.T) {
	t.Parallel()
	var text, object bytes.Buffer
	if err := WriteAdvice(&text, findings()); err != nil {
		t.Fatal(err)
	}
	if err := WriteAdviceJSON(&object, sample(), findings()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		words  string
		inText int
		inJSON int
	}{
		{"tcp_keepalive_probes=3", 1, 3},
		{"socket.setKeepAlive(true);", 1, 2},
		{"a dead peer is never", 1, 2},
		{"katop keepalive on proc:java", 1, 1},
		{"[1] sysctl, until the next boot", 4, 0}, // named thrice, and itself
		{"[2] Java", 3, 0},
	} {
		if n := strings.Count(text.String(), tt.words); n != tt.inText {
			t.Errorf("%q stands in the text %d times, want %d", tt.words, n, tt.inText)
		}
		if n := strings.Count(object.String(), tt.words); n != tt.inJSON {
			t.Errorf("%q stands in the JSON %d times, want %d", tt.words, n, tt.inJSON)
		}
	}
}

// TestAdviceFits holds that advice can be read on 80 columns.
func TestAdviceFits(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	if err := WriteAdvice(&text, findings()[1:]); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		line = strings.TrimSuffix(line, "\n")
		if width(line) > adviceWidth || strings.TrimRight(line, " ") != line {
			t.Errorf("%d columns: %q", width(line), line)
		}
	}
}
