package cli

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/export"
)

const keepaliveLong = `keepalive changes the keepalive of live connections of running programs.

  on    turns it on, with the parameters that the sockets have or with those given
  off   turns it off; its parameters stay
  set   changes parameters: --profile turns keepalive on with all three of its own,
        --params and --user-timeout leave on and off as they are

Before anything is changed, what would change is shown and asked about; --yes answers,
--dry-run shows it and changes nothing. Every change is written to the journal first:
katop undo takes the last command back, katop journal lists them.

Connections that have got through their handshake are meant. A listener is meant only where
the filter names its state, as state:listen: what it accepts from then on inherits its settings.`

const keepaliveExample = `  katop keepalive on --profile general proc:postgres      on, 300/30/3
  katop keepalive on state:estab ka:off 'silent>5m'       on, with the parameters they have
  katop keepalive set --params 30m::10 :5432              idle and count; on, off and interval stay
  katop keepalive set --user-timeout 30s proc:haproxy     TCP_USER_TIMEOUT alone; "off" takes it away
  katop keepalive off --dry-run unit:app.service          what it would do`

func newKeepalive(deps Deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "keepalive on|off|set FILTER...",
		Short:   "Turn the keepalive of live connections on or off, or tune it",
		Long:    keepaliveLong + "\n\n" + targetsHelp,
		Example: keepaliveExample,
		RunE: func(_ *cobra.Command, words []string) error {
			if len(words) == 0 {
				return usagef("katop keepalive is followed by on, off or set")
			}
			return usagef("katop keepalive is followed by on, off or set, not %q", words[0])
		},
		Args: cobra.ArbitraryArgs,
	}
	cmd.AddCommand(
		newKeepaliveVerb(deps, "on", "Turn keepalive on", conn.KeepaliveOn),
		newKeepaliveVerb(deps, "off", "Turn keepalive off", conn.KeepaliveOff),
		newKeepaliveVerb(deps, "set", "Change keepalive parameters", conn.KeepaliveUnknown),
	)
	return cmd
}

func newKeepaliveVerb(deps Deps, verb, short string, state conn.KeepaliveState) *cobra.Command {
	o := keepaliveOptions{state: state, output: newChoice("table", "json"), profile: &choice{words: conn.ProfileNames()}}
	cmd := &cobra.Command{
		Use:   verb + " FILTER...",
		Short: short,
		Long:  keepaliveLong + "\n\n" + targetsHelp,
		Args:  cobra.ArbitraryArgs,
		RunE:  func(cmd *cobra.Command, words []string) error { return o.run(cmd, deps, words) },
	}
	flags := cmd.Flags()
	if state != conn.KeepaliveOff {
		flags.Var(o.profile, "profile", "parameters by name: "+profileHelp())
		flags.StringVar(&o.params, "params", "", "parameters as `IDLE:INTERVAL:COUNT`; a part left out stays as it is")
	}
	flags.StringVar(&o.userTimeout, "user-timeout", "", `TCP_USER_TIMEOUT, as "30s"; "off" takes it away`)
	flags.BoolVar(&o.all, "all", false, "every connection, instead of a filter")
	o.flags(cmd)
	o.dryRunFlag(cmd)
	flags.VarP(o.output, "output", "o", "how to print")
	return cmd
}

func profileHelp() string {
	var parts []string
	for _, p := range conn.Profiles() {
		parts = append(parts, p.Name+" "+p.Params.String())
	}
	return strings.Join(parts, ", ") + ", kernel (the sysctls)"
}

type keepaliveOptions struct {
	confirmation
	state       conn.KeepaliveState // what the verb says of on and off
	profile     *choice             // "" when none is named
	params      string
	userTimeout string
	all         bool
	output      *choice
}

func (o *keepaliveOptions) run(cmd *cobra.Command, deps Deps, words []string) error {
	t, err := parseTargets(cmd, words, o.all)
	if err != nil {
		return err
	}
	t.states, t.owned = synchronized, true
	setting, err := o.setting()
	if err != nil {
		return usageError{err}
	}
	if err := o.possible(cmd, deps); err != nil {
		return err
	}
	return o.apply(cmd, deps, t, setting)
}

// setting is what the flags ask for, but for a profile.
func (o *keepaliveOptions) setting() (s conn.Setting, err error) {
	profile := o.profile.String()
	if profile != "" && o.params != "" {
		return s, fmt.Errorf("--profile %s has all parameters already: give it or --params", profile)
	}
	s.State = o.state
	if profile != "" {
		s.State = conn.KeepaliveOn
	}
	if o.params != "" {
		if s.Params, err = conn.ParseParams(o.params); err != nil {
			return s, err
		}
	}
	if o.userTimeout != "" {
		s.SetUserTimeout = true
		if s.UserTimeout, err = conn.ParseUserTimeout(o.userTimeout); err != nil {
			return s, err
		}
	}
	return s, s.Validate()
}

func (o *keepaliveOptions) apply(cmd *cobra.Command, deps Deps, t *targets, setting conn.Setting) error {
	ctx := cmd.Context()
	defer debug.SetGCPercent(debug.SetGCPercent(listGCPercent)) // as for list
	control, err := o.open(ctx, cmd, deps)
	if err != nil {
		return err
	}
	found, s, err := t.find(ctx, cmd, deps)
	if err != nil {
		return err
	}
	if name := o.profile.String(); name != "" {
		if setting.Params, err = profileFor(name, s, found); err != nil {
			return err
		}
	}
	p := planKeepalive(found, setting)
	if o.dryRun {
		return either(o.output, cmd.OutOrStdout(), p.write, func(w io.Writer) error { return export.WritePlanJSON(w, p.results()) })
	}
	if p.due() > 0 {
		if err := o.ask(ctx, cmd, p.write, "change "+connections(p.due())+"?"); err != nil {
			return err
		}
	}
	progress, clearProgress := newProgress(cmd, deps)
	results, err := control.Apply(ctx, found, setting, progress)
	clearProgress()
	return finishResults(cmd, o.output, results, err)
}

// profileFor is what a profile means for all of these connections. That of the
// kernel is another in each network namespace.
func profileFor(name string, s *conn.Snapshot, found []conn.Connection) (params conn.Params, err error) {
	first := found[0].NetNS
	for i := range found {
		in := found[i].NetNS
		if i > 0 && in.Inode == found[i-1].NetNS.Inode {
			continue
		}
		p, err := conn.ParseProfile(name, sysctlsOf(s, in))
		switch {
		case err != nil:
			return params, err
		case i > 0 && p.Params != params:
			return params, fmt.Errorf("profile %s is %v in network namespace %s and %v in %s: change one after the other, with netns:%[3]s and netns:%[5]s in the filter",
				name, params, first.Name, p.Params, in.Name)
		}
		params = p.Params
	}
	return params, nil
}

// sysctlsOf are those of a namespace, as far as they are known.
func sysctlsOf(s *conn.Snapshot, in conn.NetNS) conn.Sysctls {
	for i := range s.Namespaces {
		if s.Namespaces[i].NetNS.Inode == in.Inode {
			return s.Namespaces[i].Sysctls
		}
	}
	return conn.Sysctls{}
}
