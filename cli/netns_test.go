package cli

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/ui"
)

// Every command that reads connections reads those of the namespaces that
// --netns means, and all of them without it.
func TestNetNSFlag(t *testing.T) {
	t.Parallel()
	for _, command := range []string{
		"", "list", "summary", "check", "advise", "timewait", "probe --all", "kill --all --dry-run", "keepalive on --all --dry-run",
	} {
		for flag, want := range map[string]string{"": "all", " --netns own": "own", " --netns web": "web", " --netns 4242": "4242"} {
			var opened []string
			var stdout, stderr bytes.Buffer
			Run(t.Context(), strings.Fields(command+flag), strings.NewReader(""), &stdout, &stderr, Deps{
				Open: func(flags HostFlags) (Source, error) {
					opened = append(opened, flags.NetNS)
					return &fakeSource{snapshot: host()}, nil
				},
				Control:     func(HostFlags) (Controller, error) { return &fakeController{}, nil },
				Monitor:     func(context.Context, ui.Options) error { return nil },
				Terminal:    func(io.Writer) bool { return true },
				Interactive: func(io.Reader) bool { return false },
			})
			if len(opened) != 1 || opened[0] != want {
				t.Errorf("katop %s%s opened %q, want %q; stderr: %s", command, flag, opened, want, &stderr)
			}
		}
	}
}

// The profile of the kernel is not one where namespaces differ.
func TestProfileOfSeveralNamespaces(t *testing.T) {
	t.Parallel()
	s := host()
	s.Connections[1].NetNS = conn.NetNS{Inode: 2, Name: "docker:0123456789ab"}
	sysctls := func(idle int) conn.Sysctls {
		p, err := conn.ParseParams(map[int]string{600: "600:60:6", 700: "700:60:6"}[idle])
		if err != nil {
			t.Fatal(err)
		}
		return conn.Sysctls{Known: true, Keepalive: p}
	}
	s.Namespaces = []conn.Namespace{
		{NetNS: s.Connections[0].NetNS, Sysctls: sysctls(600)}, {NetNS: s.Connections[1].NetNS, Sysctls: sysctls(600)},
	}
	if r := (invocation{args: "keepalive set --profile kernel --all --dry-run", snapshot: s}).run(t, &fakeController{}); r.code != 0 {
		t.Errorf("equal namespaces: exit code %d, %s", r.code, r.stderr)
	}
	s.Namespaces[1].Sysctls = sysctls(700)
	r := (invocation{args: "keepalive set --profile kernel --all --dry-run", snapshot: s}).run(t, &fakeController{})
	if r.code != 1 || !strings.Contains(r.stderr, "netns:docker:0123456789ab") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("different namespaces: exit code %d, %q; want 1 and a line that says what to do", r.code, r.stderr)
	}
}
