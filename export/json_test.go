package export

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// documentedConnection is the connection by which README.md explains the JSON.
func documentedConnection(t *testing.T) []byte {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := bytes.Cut(readme, []byte("```json\n"))
	if !found {
		t.Fatal("README.md has no JSON")
	}
	block, _, _ := bytes.Cut(rest, []byte("```"))
	return block
}

func TestDocumentedConnection(t *testing.T) {
	t.Parallel()
	s := &conn.Snapshot{Connections: []conn.Connection{designExample()}}
	var got, want bytes.Buffer
	if err := WriteJSONL(&got, s, []int32{0}); err != nil {
		t.Fatal(err)
	}
	if err := json.Compact(&want, documentedConnection(t)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String()+"\n", got.String()); diff != "" {
		t.Errorf("connection (-want +got):\n%s", diff)
	}
}

// TestNothingKnown holds that what is not known is null, never 0.
func TestNothingKnown(t *testing.T) {
	t.Parallel()
	s := &conn.Snapshot{Connections: []conn.Connection{{State: conn.StateEstablished, Family: conn.IPv4, Inode: 5}}}
	var buf bytes.Buffer
	if err := WriteJSONL(&buf, s, []int32{0}); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(buf.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"owners", "unit", "user", "tcp", "evidence"} {
		if v, there := got[name]; v != nil || !there {
			t.Errorf("%s is %v, want null", name, v)
		}
	}
	for name, v := range got["netns"].(map[string]any) {
		if v != nil {
			t.Errorf("netns.%s is %v, want null", name, v)
		}
	}
	for name, v := range got["keepalive"].(map[string]any) {
		if name != "state" && name != "source" && v != nil {
			t.Errorf("keepalive.%s is %v, want null", name, v)
		}
	}
	if v := got["timer"].(map[string]any)["expires_ms"]; v != nil {
		t.Errorf("timer.expires_ms is %v, want null", v)
	}
}

func TestOwners(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		conn conn.Connection
		want string
	}{
		{"an orphan has none", conn.Connection{State: conn.StateFinWait2}, `[]`},
		{"a minisock has none", timeWait(), `[]`},
		{"one that may not be seen is not known", hidden(), `null`},
		{"one", designExample(), `[{"pid":4242,"fd":3,"name":"python3"}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var buf bytes.Buffer
			if err := WriteJSONL(&buf, &conn.Snapshot{Connections: []conn.Connection{tt.conn}}, []int32{0}); err != nil {
				t.Fatal(err)
			}
			var got struct{ Owners json.RawMessage }
			if err := json.Unmarshal(buf.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if string(got.Owners) != tt.want {
				t.Errorf("owners %s, want %s", got.Owners, tt.want)
			}
		})
	}
}

// TestJSONKeepsNames holds that a program reads the very name, whatever is in
// it.
func TestJSONKeepsNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"nginx", "a\x1b[31mb", "c1 \u009b31m", "bidi \u202e\u2066", "\u2028", "\x7f", "q\"\\/<>&", "\U000e0001\U0001f600", "été 漢字", "\x00\x01"} {
		if got := quoteAndRead(t, name); got != name {
			t.Errorf("%q came back as %q", name, got)
		}
	}
	if got, want := quoteAndRead(t, "a\xffb\xc0"), "a\ufffdb\ufffd"; got != want {
		t.Errorf("broken UTF-8 came back as %q, want %q", got, want)
	}
}

func quoteAndRead(t *testing.T, s string) string {
	t.Helper()
	var got string
	if err := json.Unmarshal(appendQuoted(nil, s), &got); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return got
}
