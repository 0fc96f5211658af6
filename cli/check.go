package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/katop/katop/conn"
)

const checkLong = `check is for monitoring systems. It prints one line with performance data, in the form of
monitoring plugins, and exits with 0 for OK, 1 for WARNING, 2 for CRITICAL and 3 for UNKNOWN.

It is CRITICAL when any connection that matches FILTER also matches a --critical TERM, and
otherwise WARNING when any matches a --warning TERM. A TERM is a filter (docs/filter.md); each
flag can be given several times, and then any of its terms is enough. Whatever keeps katop from
judging is UNKNOWN, wrong usage too: also that it may not see owners or keepalive options, where
these would decide. A number that may be larger than what is seen is U in the performance data.

It looks twice, a moment apart: a lost end is certain only when it is missing both times.`

const checkExample = `  katop check                                              severity:critical and severity:warning
  katop check lport:5432 --critical 'verdict:half-open'    clients of postgres
  katop check --critical 'unanswered>1' --warning 'verdict:unguarded silent>1h' proc:java`

func newCheck(deps Deps) *cobra.Command {
	var warning, critical []string
	cmd := &cobra.Command{
		Use:     "check [FILTER...]",
		Short:   "Say in one line how the connections are, for monitoring systems",
		Long:    checkLong,
		Example: checkExample,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, words []string) error {
			p, err := parsePolicy(strings.Join(words, " "), warning, critical)
			if err != nil {
				return unknown(cmd, err)
			}
			s, err := pollTwice(cmd.Context(), deps)
			if err != nil {
				return unknown(cmd, err)
			}
			return report(cmd, p.judge(s))
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&warning, "warning", "w", []string{"severity:warning"}, "WARNING if any connection matches `TERM`")
	flags.StringArrayVarP(&critical, "critical", "c", []string{"severity:critical"}, "CRITICAL if any connection matches `TERM`")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return unknown(cmd, flagError(cmd, err)) })
	return cmd
}

// pluginStatus is the exit code of check, as monitoring plugins have it. Its
// line has been printed.
type pluginStatus int

// The states of monitoring plugins, which are their exit codes.
const (
	pluginOK pluginStatus = iota
	pluginWarning
	pluginCritical
	pluginUnknown
)

func (s pluginStatus) String() string {
	return [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[s]
}

// Error makes the status the end of a command that is not done for its caller.
func (s pluginStatus) Error() string { return s.String() }

// unknown prints why nothing can be said.
func unknown(cmd *cobra.Command, err error) error {
	return report(cmd, pluginLine{status: pluginUnknown, text: reason(err)})
}

// pluginLine is what check prints.
type pluginLine struct {
	status      pluginStatus
	text        string
	performance []string // NAME=VALUE;WARNING;CRITICAL;MINIMUM
}

// report prints the line. It ends the command with the status, or UNKNOWN if
// nobody can have read it.
func report(cmd *cobra.Command, l pluginLine) error {
	// The bar stands for the begin of the performance data.
	text := strings.ReplaceAll(conn.Printable(l.text), "|", "/")
	line := fmt.Sprintf("KATOP %s - %s", l.status, text)
	if len(l.performance) > 0 {
		line += " | " + strings.Join(l.performance, " ")
	}
	if _, err := io.WriteString(cmd.OutOrStdout(), line+"\n"); err != nil {
		warn(cmd.ErrOrStderr(), err.Error())
		return pluginUnknown
	}
	if l.status == pluginOK {
		return nil
	}
	return l.status
}
