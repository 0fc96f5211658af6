package main

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/katop/katop"

// rule says what the packages in one folder may import beside the standard
// library: other folders of katop, and modules of others. docs/ARCHITECTURE.md
// draws it and says why.
type rule struct {
	folders []string
	modules []string
}

var rules = map[string]rule{
	".":   {folders: []string{"cli"}},
	"cli": {folders: []string{"cli", "ui", "export", "collector", "keepalive", "lab", "conn"}, modules: []string{"github.com/spf13/cobra", "golang.org/x/term"}},
	"ui": {folders: []string{"theme", "conn", "ui"}, modules: []string{
		"github.com/charmbracelet/bubbletea", "github.com/charmbracelet/bubbles", "github.com/charmbracelet/lipgloss",
		"github.com/charmbracelet/x/ansi", "github.com/muesli/termenv", "github.com/aymanbagabas/go-osc52/v2",
	}},
	"theme":     {folders: []string{"conn"}, modules: []string{"github.com/charmbracelet/lipgloss", "github.com/charmbracelet/x/ansi", "github.com/muesli/termenv"}},
	"export":    {folders: []string{"conn"}, modules: []string{"github.com/charmbracelet/x/ansi"}},
	"collector": {folders: []string{"inet_diag", "keepalive", "conn"}, modules: []string{"github.com/shirou/gopsutil/v3", "golang.org/x/sys"}},
	"keepalive": {folders: []string{"inet_diag", "conn", "keepalive"}, modules: []string{"github.com/cilium/ebpf", "golang.org/x/sys"}},
	"inet_diag": {modules: []string{"github.com/mdlayher/netlink", "golang.org/x/sys"}},
	"lab":       {folders: []string{"lab"}, modules: []string{"github.com/vishvananda/netns", "github.com/vishvananda/netlink", "golang.org/x/sys"}},
	"conn":      {},
	"bench":     {folders: []string{"collector", "conn", "lab"}, modules: []string{"github.com/creack/pty", "golang.org/x/sys"}},
	"internal":  {modules: []string{"github.com/google/go-cmp"}}, // for tests alone: no rule above names it
}

// TestImportRule holds every package against the rule, on Linux and on a system
// for which other files are built. What tests import is not held.
func TestImportRule(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"linux", "darwin"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			for _, p := range listPackages(t, system) {
				for _, imported := range p.Imports {
					if !p.mayImport(imported) {
						t.Errorf("%s must not import %s", p.ImportPath, imported)
					}
				}
			}
		})
	}
}

type listed struct {
	ImportPath string
	Imports    []string
}

// folder is the first folder of the package within the module.
func (p listed) folder() string { return folderOf(p.ImportPath) }

func folderOf(importPath string) string {
	rest := strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/")
	first, _, _ := strings.Cut(rest, "/")
	return path.Clean(first)
}

func (p listed) mayImport(imported string) bool {
	r, ruled := rules[p.folder()]
	switch {
	case !ruled:
		return false
	case within(module, imported):
		return slices.Contains(r.folders, folderOf(imported))
	}
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		return true // the standard library
	}
	return slices.ContainsFunc(r.modules, func(m string) bool { return within(m, imported) })
}

// within tells whether the package is m or lies below it.
func within(m, importPath string) bool {
	return importPath == m || strings.HasPrefix(importPath, m+"/")
}

func listPackages(t *testing.T, system string) []listed {
	t.Helper()
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go command:", err)
	}
	cmd := exec.CommandContext(t.Context(), tool, "list", "-e", "-json=ImportPath,Imports", "./...")
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// TestOneFileImportsGopsutil holds that gopsutil stays what it is for: the page
// of one process. Its connection list is what katop does without.
func TestOneFileImportsGopsutil(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("collector/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			if strings.Contains(spec.Path.Value, "gopsutil") && filepath.Base(name) != "process.go" {
				t.Errorf("%s imports %s, which only collector/process.go may", name, spec.Path.Value)
			}
		}
	}
}

func TestRuleRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		importer, imported string
		want               bool
	}{
		{module, module + "/cli", true},
		{module, module + "/ui", false},
		{module + "/ui", module + "/collector", false},
		{module + "/ui", module + "/ui/table", true},
		{module + "/ui/table", module + "/keepalive", false},
		{module + "/conn", "golang.org/x/sys/unix", false},
		{module + "/conn", "net/netip", true},
		{module + "/export", module + "/ui", false},
		{module + "/cli", module + "/inet_diag", false},
		{module + "/collector", "github.com/mdlayher/netlink", false},
		{module + "/inet_diag", "github.com/mdlayher/netlink/nlenc", true},
		{module + "/inet_diag", module + "/conn", false},
		{module + "/ui", module + "/internal/golden", false},
		{module + "/somewhere", "fmt", false},
	}
	for _, tt := range tests {
		if got := (listed{ImportPath: tt.importer}).mayImport(tt.imported); got != tt.want {
			t.Errorf("%s importing %s: allowed %t, want %t", tt.importer, tt.imported, got, tt.want)
		}
	}
}
