package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// Each way is named with the reason for which the fast one is not taken.
func TestVersionVerbose(t *testing.T) {
	t.Parallel()
	missing := errors.New("a right is missing")
	for _, tt := range []struct {
		reading, setting error
		want             string
	}{
		{nil, nil, "owners and options: eBPF (iter/task_file)\nchanging thousands: eBPF (iter/tcp)\n"},
		{nil, missing, "owners and options: eBPF (iter/task_file)\nchanging thousands: pidfd_getfd and setsockopt, for a right is missing\n"},
		{missing, missing, "owners and options: /proc/PID/fd and pidfd_getfd, for a right is missing\nchanging thousands: pidfd_getfd and setsockopt, for a right is missing\n"},
	} {
		var out bytes.Buffer
		cmd := newVersion(Deps{flags: &HostFlags{}, FastPath: func() (error, error) { return tt.reading, tt.setting }})
		cmd.SetOut(&out)
		cmd.SetArgs([]string{"--verbose"})
		if err := cmd.Execute(); err != nil || !strings.HasSuffix(out.String(), tt.want) {
			t.Errorf("%v\n%s, want it to end with\n%s", err, out.String(), tt.want)
		}
	}
}
