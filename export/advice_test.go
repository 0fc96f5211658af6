package export

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// findings are one about connections, by a program whose name would do harm,
// and one about none.
func findings() []conn.Finding {
	return []conn.Finding{
		{
			Kind: conn.FindingHalfOpen, Severity: conn.SeverityCritical,
			Title:   hostile + ": 2 connections on :443 are half-open, oldest silent 6 h",
			Advice:  "Their peers are gone for certain.",
			Members: []int32{0, 3}, Filter: `proc:"` + hostile + `" verdict:half-open`,
			Remedies: []conn.Remedy{
				{Name: "katop, for those that are there", Text: "katop kill --dry-run proc:nginx\nkatop kill proc:nginx"},
				{Name: "nginx", Text: "# \x1b[2J in a comment\nlisten 443 so_keepalive=300:30:3;"},
			},
		},
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
	first, second := read.Findings[0], read.Findings[1]
	if want := findings()[0].Remedies[1].Text; first.Connections != 2 || first.Remedies[1].Text != want {
		t.Errorf("%d connections, remedy %q; want 2, %q", first.Connections, first.Remedies[1].Text, want)
	}
	if second.Filter != nil || second.Connections != 0 || second.Remedies == nil {
		t.Errorf("filter %v, %d connections, remedies %v; want null, 0, []", second.Filter, second.Connections, second.Remedies)
	}
}
