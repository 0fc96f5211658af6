//go:build linux

package collector

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/katop/katop/conn"
)

// readSysctls reads the settings below /proc/sys/net
// (Documentation/networking/ip-sysctl.rst). They are known only if every one
// can be read.
func readSysctls(net fs.FS) conn.Sysctls {
	var s conn.Sysctls
	var idle, interval, fin, low, high, syns int
	var linear int // since Linux 6.5; 0 before
	for path, into := range map[string][]*int{
		"ipv4/tcp_keepalive_time":   {&idle},
		"ipv4/tcp_keepalive_intvl":  {&interval},
		"ipv4/tcp_keepalive_probes": {&s.Keepalive.Count},
		"ipv4/tcp_retries2":         {&s.Retries2},
		"ipv4/tcp_syn_retries":      {&syns},
		"ipv4/tcp_fin_timeout":      {&fin},
		"ipv4/tcp_max_tw_buckets":   {&s.MaxTimeWait},
		"ipv4/ip_local_port_range":  {&low, &high},
		"ipv4/tcp_max_syn_backlog":  {&s.MaxSynQueue},
		"core/somaxconn":            {&s.MaxListen},
		"ipv4/tcp_tw_reuse":         {&s.TimeWaitReuse},
	} {
		if err := readNumbers(net, path, into...); err != nil {
			return conn.Sysctls{}
		}
	}
	if err := readNumbers(net, "ipv4/tcp_syn_linear_timeouts", &linear); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return conn.Sysctls{}
	}
	s.Keepalive.Idle = time.Duration(idle) * time.Second
	s.Keepalive.Interval = time.Duration(interval) * time.Second
	s.FinTimeout = time.Duration(fin) * time.Second
	s.PortRange = [2]uint16{uint16(low), uint16(high)}
	s.SynRetries = syns + linear
	s.Known = true
	return s
}

// readNumbers reads a setting that consists of as many numbers.
func readNumbers(net fs.FS, path string, into ...*int) error {
	text, err := fs.ReadFile(net, path)
	if err != nil {
		return err
	}
	fields := strings.Fields(string(text))
	if len(fields) != len(into) {
		return fmt.Errorf("%s has %d numbers, not %d", path, len(fields), len(into))
	}
	for i, field := range fields {
		if *into[i], err = strconv.Atoi(field); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}
