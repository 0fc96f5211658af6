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
	path  string
	state string // the folder of its journal
	env   []string
}

// newKatop builds katop from this tree, unless path names one. Its journal goes
// to folder.
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
	state := filepath.Join(folder, "state")
	// Nothing that takes the colours away, by which the cursor is known.
	plain := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"CI", "NO_COLOR", "COLORTERM", "CLICOLOR", "CLICOLOR_FORCE"}, name)
	})
	return &katop{path, state, append(plain, "XDG_STATE_HOME="+state, "TERM=xterm-256color")}, nil
}

// command is katop with arguments, ready to be started in the load's namespace,
// which it keeps to.
func (k *katop) command(args ...string) *exec.Cmd {
	cmd := exec.Command(k.path, append(args, "--netns", "own")...)
	cmd.Env = k.env
	return cmd
}
