package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// katop is the program that is measured.
type katop struct {
	path string
	env  []string
}

// newKatop builds katop from this tree into folder, unless path names one.
func newKatop(ctx context.Context, path, folder string) (*katop, error) {
	if path == "" {
		path = filepath.Join(folder, "katop")
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", "osusergo,netgo", "-o", path, "github.com/katop/katop")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building katop: %w: %s", err, out)
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// Nothing that takes the colours away, by which the cursor is known.
	plain := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"CI", "NO_COLOR", "COLORTERM", "CLICOLOR", "CLICOLOR_FORCE"}, name)
	})
	return &katop{path, append(plain, "TERM=xterm-256color")}, nil
}

// own has katop keep to the load's network namespace, as the others do that it
// is compared with.
const own = "--netns=own"

// command is katop with arguments, ready to be started in the load's namespace.
func (k *katop) command(args ...string) *exec.Cmd {
	cmd := exec.Command(k.path, args...)
	cmd.Env = k.env
	return cmd
}
