package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// From the host, katop shows what is in a namespace by its name; "own" does not.
func TestListOfAnotherNamespace(t *testing.T) {
	t.Parallel()
	ns, guarded, _ := shop(t)
	list := func(args ...string) (connections []struct {
		NetNS struct {
			Inode uint64
			Name  string
		}
		Cookie uint64
	}) {
		t.Helper()
		var out, errs bytes.Buffer
		cmd := katopCommand(t, runAsKatop, append(args, "list", "-o", "json", "netns:"+ns.Name(), "state:estab")...)
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, &errs)
		}
		var answer struct{ Connections json.RawMessage }
		if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(answer.Connections, &connections); err != nil {
			t.Fatal(err)
		}
		return connections
	}
	for _, netns := range []string{"all", ns.Name()} {
		found := list("--netns", netns)
		if len(found) != 10 {
			t.Errorf("--netns %s: %d connections, want both ends of 5", netns, len(found))
		}
		there := false
		for _, c := range found {
			there = there || c.Cookie == guarded.Cookie
			if c.NetNS.Inode != ns.Inode() || c.NetNS.Name != ns.Name() {
				t.Errorf("--netns %s: namespace %+v, want %d %s", netns, c.NetNS, ns.Inode(), ns.Name())
			}
		}
		if !there {
			t.Errorf("--netns %s: a known connection is missing", netns)
		}
	}
	if found := list("--netns", "own"); len(found) != 0 {
		t.Errorf("--netns own: %d connections of another namespace", len(found))
	}
	var errs bytes.Buffer
	cmd := katopCommand(t, runAsKatop, "--netns", "katop-none", "list")
	cmd.Stderr = &errs
	if err := cmd.Run(); err == nil || !strings.Contains(errs.String(), ns.Name()) || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("a name that is not there: %v, %q; want a line that names %s", err, &errs, ns.Name())
	}
}
