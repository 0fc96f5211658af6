package cli

import (
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"
)

func newVersion(deps Deps) *cobra.Command {
	verbose := false
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print which katop this is",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b := thisBuild()
			if b.Commit == "" {
				b.Commit = "unknown"
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "katop %s\ncommit %s\n%s %s/%s\n",
				b.Version, b.Commit, b.Go, runtime.GOOS, runtime.GOARCH)
			if err != nil || !verbose {
				return err
			}
			return writePaths(cmd.OutOrStdout(), deps)
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "also by which way sockets are read and set on this host, and why")
	return cmd
}

var errNoBPF = errors.New("--no-bpf was given")

// writePaths says which way is taken on this host.
func writePaths(w io.Writer, deps Deps) error {
	reading, setting := errNoBPF, errNoBPF
	if !deps.flags.NoBPF {
		reading, setting = deps.FastPath()
	}
	for _, path := range []struct {
		name, fast, other string
		err               error
	}{
		{"owners and options", "eBPF (iter/task_file)", "/proc/PID/fd and pidfd_getfd", reading},
		{"changing thousands", "eBPF (iter/tcp)", "pidfd_getfd and setsockopt", setting},
	} {
		line := path.name + ": " + path.fast
		if path.err != nil {
			line = fmt.Sprintf("%s: %s, for %v", path.name, path.other, path.err)
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}
