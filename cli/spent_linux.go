package cli

import (
	"syscall"
	"time"
)

// spent is the processor time, in user and kernel mode, that katop has used on
// all cores together (getrusage(2), RUSAGE_SELF).
func spent() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
