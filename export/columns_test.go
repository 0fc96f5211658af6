package export

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

func TestParseColumns(t *testing.T) {
	t.Parallel()
	columns, err := ParseColumns("remote, Process,dies-in")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range columns {
		got = append(got, c.name)
	}
	if diff := cmp.Diff([]string{"remote", "process", "dies-in"}, got); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}

func TestParseColumnsRefuses(t *testing.T) {
	t.Parallel()
	known := "here are " + strings.Join(Columns(), ", ")
	tests := []struct{ list, want string }{
		{"silnt", `unknown column "silnt": did you mean "silent"? T`},
		{"process,keepaliv", `unknown column "keepaliv": did you mean "keepalive"? T`},
		{"process,xyzzyq", `unknown column "xyzzyq": t`},
		{"", `unknown column "": t`},
		{"process,", `unknown column "": t`},
	}
	for _, tt := range tests {
		_, err := ParseColumns(tt.list)
		if err == nil || err.Error() != tt.want+known {
			t.Errorf("%q: error %v, want %s", tt.list, err, tt.want+known)
		}
	}
}

// TestCSVReadsBack reads what was written with a reader of RFC 4180 and holds
// single cells against what they must say.
func TestCSVReadsBack(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	if err := WriteCSV(&buf, sample(), inOrder(sample()), CSVColumns()); err != nil {
		t.Fatal(err)
	}
	if lines, ends := strings.Count(buf.String(), "\n"), strings.Count(buf.String(), "\r\n"); lines != ends {
		t.Errorf("%d of %d lines end with CRLF", ends, lines)
	}
	records, err := csv.NewReader(&buf).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cell := func(row int, heading string) string {
		for i, h := range records[0] {
			if h == heading {
				return records[row+1][i]
			}
		}
		t.Fatalf("no column %q", heading)
		return ""
	}
	tests := []struct {
		row           int
		heading, want string
	}{
		{0, "silent_ms", "2908"},
		{0, "detects_s", "13"},
		{0, "dies_in_ms", ""},
		{0, "keepalive", "on"},
		{0, "idle_s", "5"},
		{0, "interval_s", "2"},
		{0, "count", "4"},
		{3, "keepalive", "off"},
		{3, "idle_s", ""},
		{5, "keepalive", "unknown"},
		{5, "sent", ""},
		{1, "process", "postgres/8121 postgres/8122 postgres/8123"},
		{1, "dies_in_ms", "48000"},
		{1, "left", "1"},
		{2, "user_timeout_ms", "5000"},
		{3, "detects_s", "never"},
		{3, "netns", "4026532301"},
		{5, "remote", "[::]:0"},
		{6, "user", ""},
		{8, "netns", "'=1+1"},
		{8, "user", "'@root"},
		{8, "process", `'=x\x1b]0;t\x07\u009b\u202e"\` + `\x0a\xff<é漢/5`},
		{8, "name", `\u2066a,b\u2069`},
	}
	for _, tt := range tests {
		if got := cell(tt.row, tt.heading); got != tt.want {
			t.Errorf("row %d, %s: %q, want %q", tt.row, tt.heading, got, tt.want)
		}
	}
}

// TestTableAligns holds that a column begins, or ends, at the same place in
// every line, wide characters included.
func TestTableAligns(t *testing.T) {
	t.Parallel()
	s := &conn.Snapshot{Connections: []conn.Connection{outlandish(), probing()}}
	s.Connections[0].Owners = []conn.Owner{{PID: 5, Name: "漢字"}}
	columns, err := ParseColumns("process,silent,state")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := WriteTable(&got, s, []int32{0, 1}, columns); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"PROCESS           SILENT  STATE\n" +
		"漢字/5              2.9s  ESTABLISHED\n" +
		"postgres/8121 +2   6m12s  ESTABLISHED\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}
