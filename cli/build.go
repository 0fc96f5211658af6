package cli

import (
	"runtime"
	"runtime/debug"
)

// The linker sets these in `make build` (-X); nothing else does.
var (
	version string
	commit  string
)

// build says what program this is.
type build struct {
	Version string // a tag, or what git describe makes of the nearest one
	Commit  string // "" when it was built outside a checkout
	Go      string
}

// thisBuild asks the linker first, then what go install leaves in the program.
func thisBuild() build {
	b := build{Version: version, Commit: commit, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if b.Version == "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && b.Commit == "" {
			b.Commit = s.Value
		}
	}
	return b
}
