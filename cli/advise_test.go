package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// TestAdvise holds that the second of two whole looks is what it speaks of, with
// every option, and that names do no harm.
func TestAdvise(t *testing.T) {
	t.Parallel()
	ill := ailing()
	ill.Connections[2].MirrorGone = true
	source := &fakeSource{first: []fakePoll{{snapshot: host()}}, snapshot: ill}
	r := katop(t, source, true, "advise")
	if r.code != 0 || r.stderr != "" {
		t.Fatalf("exit code %d, stderr %q", r.code, r.stderr)
	}
	if diff := cmp.Diff([]conn.Want{{}, {AllOptions: true}}, source.wants); diff != "" {
		t.Errorf("it asked for (-want +got):\n%s", diff)
	}
	nginx, evil, java := strings.Index(r.stdout, "CRITICAL  nginx: "), strings.Index(r.stdout, `CRITICAL  \x1b[2Jevil: `), strings.Index(r.stdout, "WARNING  java: ")
	if nginx < 0 || evil < 0 || java < max(nginx, evil) {
		t.Errorf("findings at %d, %d and %d:\n%s", nginx, evil, java, r.stdout)
	}
	for line := range strings.Lines(r.stdout) {
		if line = strings.TrimSuffix(line, "\n"); conn.Printable(line) != line {
			t.Errorf("line %q does harm", line)
		}
	}
}

// TestAdvisedCommands holds that the commands that are advised reach what the
// finding is about: a lost end is certain only at the second look.
func TestAdvisedCommands(t *testing.T) {
	t.Parallel()
	source := func() *fakeSource {
		first := host()
		first.MirrorsPending = 1
		return &fakeSource{first: []fakePoll{{snapshot: first}}, snapshot: ailing()}
	}
	r := katop(t, source(), true, "advise")
	for _, command := range []string{
		"kill --dry-run proc:nginx lport:443 verdict:half-open",
		"keepalive on --params 5m:30s:3 proc:java rport:9092 verdict:unguarded",
	} {
		if !strings.Contains(r.stdout, "    katop "+command+"\n") {
			t.Errorf("katop %s is not advised:\n%s", command, r.stdout)
		}
		words := append(strings.Fields(command), "--dry-run", "-o", "json")
		acted := katop(t, source(), false, words...)
		if acted.code != 0 || strings.Count(acted.stdout, `"cookie"`) != 1 {
			t.Errorf("katop %s: exit code %d, stdout %s, stderr %s", command, acted.code, acted.stdout, acted.stderr)
		}
	}
	if r := katop(t, source(), false, "list", "severity:critical", "-o", "jsonl"); strings.Count(r.stdout, "half-open") != 1 {
		t.Errorf("it lists %s", r.stdout)
	}
}

// TestAdviseFilters holds that the filter of a finding is one, and chooses at
// least the connections that it is about.
func TestAdviseFilters(t *testing.T) {
	t.Parallel()
	r := katop(t, &fakeSource{snapshot: ailing()}, true, "advise", "-o", "json")
	var read struct {
		Schema   int
		Host     string
		Findings []struct {
			Kind, Severity, Title string
			Filter                *string
			Connections           int
			Remedies              []struct{ Name, Text string }
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &read); err != nil {
		t.Fatalf("%v in %s", err, r.stdout)
	}
	if read.Schema != 1 || read.Host != "web-01" || len(read.Findings) < 2 {
		t.Fatalf("schema %d, host %q, %d findings", read.Schema, read.Host, len(read.Findings))
	}
	for _, found := range read.Findings {
		if found.Filter == nil || len(found.Remedies) == 0 {
			t.Errorf("%s: filter %v, %d remedies", found.Title, found.Filter, len(found.Remedies))
			continue
		}
		f, err := conn.ParseFilter(*found.Filter)
		if err != nil {
			t.Errorf("%s: %v", found.Title, err)
			continue
		}
		s, matches := ailing(), 0
		for i := range s.Connections {
			if f.Match(&s.Connections[i]) {
				matches++
			}
		}
		if matches < found.Connections || matches == 0 {
			t.Errorf("%s: its filter %q chooses %d of %d connections", found.Title, f, matches, found.Connections)
		}
	}
}

func TestTimewait(t *testing.T) {
	t.Parallel()
	s := host()
	gone := s.Connections[1]
	gone.State, gone.Inode, gone.Owners = conn.StateTimeWait, 0, nil
	gone.Timer = conn.Timer{Kind: conn.TimerTimeWait, Expires: 55 * time.Second}
	s.Connections = append(s.Connections, gone)
	text := katop(t, &fakeSource{snapshot: s}, true, "timewait")
	if text.code != 0 || len(text.source.wants) != 1 || !strings.Contains(text.stdout, "10.0.0.1  10.0.9.4:9092  1              1    0.1") {
		t.Errorf("exit code %d, %d polls, stdout:\n%s", text.code, len(text.source.wants), text.stdout)
	}
	object := katop(t, &fakeSource{snapshot: s}, true, "timewait", "-o", "json")
	if object.code != 0 || !strings.HasPrefix(object.stdout, `{"schema":1,`) || !json.Valid([]byte(object.stdout)) {
		t.Errorf("exit code %d, stdout %s", object.code, object.stdout)
	}
}
