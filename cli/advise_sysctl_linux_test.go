package cli

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/katop/katop/conn"
)

// TestAdvisedSysctls runs what is advised to be typed into a shell, from within
// a namespace and from outside, and loads what is to be put into a file.
func TestAdvisedSysctls(t *testing.T) {
	t.Parallel()
	needsLab(t)
	needs(t, "sysctl")
	const typed, lasting = "sysctl, until the next boot", "sysctl, for good"
	keepalive := map[string]string{"tcp_keepalive_time": "300", "tcp_keepalive_intvl": "30", "tcp_keepalive_probes": "3"}
	ports := map[string]string{"ip_local_port_range": "10240 65535", "tcp_tw_reuse": "1"}
	for _, tt := range []struct {
		name    string
		kind    conn.FindingKind
		remedy  string
		outside bool // of the namespace that it is for
		want    map[string]string
	}{
		{"keepalive, typed", conn.FindingKernelDefaults, typed, false, keepalive},
		{"keepalive, typed outside", conn.FindingKernelDefaults, typed, true, keepalive},
		{"keepalive, in a file", conn.FindingKernelDefaults, lasting, false, keepalive},
		{"ports, typed", conn.FindingPorts, typed, false, ports},
		{"ports, typed outside", conn.FindingPorts, typed, true, ports},
		{"ports, in a file", conn.FindingPorts, lasting, false, ports},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSettings(t)
			name := "host" // as which it has no command to enter it
			if tt.outside {
				needs(t, "nsenter")
				name = s.ns.Name()
			}
			text := s.advisedSysctl(name, tt.kind, tt.remedy)
			cmd := exec.CommandContext(t.Context(), "sh", "-e", s.write("advised", text)) //nolint:gosec // katop's advice
			if tt.remedy == lasting {
				cmd = exec.CommandContext(t.Context(), "sysctl", "-p", s.write("advised", text)) //nolint:gosec // the same
			}
			if tt.outside {
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
			} else if r := s.call(cmd); r.code != 0 {
				t.Fatalf("exit code %d: %s", r.code, r.stderr)
			}
			for name, value := range tt.want {
				if got := s.sysctl(name); got != value {
					t.Errorf("%s is %s, want %s", name, got, value)
				}
			}
		})
	}
}

// advisedSysctl is a remedy for a namespace with the kernel's keepalive times
// and ten ports, of which nine are used.
func (s *settings) advisedSysctl(namespace string, kind conn.FindingKind, remedy string) string {
	s.t.Helper()
	ns := conn.NetNS{Inode: 1, Name: namespace}
	snapshot := &conn.Snapshot{Namespaces: []conn.Namespace{{NetNS: ns, Sysctls: conn.Sysctls{
		Keepalive: kernelDefaults(s.t), PortRange: [2]uint16{40000, 40009}, Known: true,
	}}}}
	for port := range uint16(9) {
		snapshot.Connections = append(snapshot.Connections, conn.Connection{
			NetNS: ns, State: conn.StateTimeWait, Timer: conn.Timer{Kind: conn.TimerTimeWait},
			Local: netip.AddrPortFrom(netip.MustParseAddr("10.0.0.5"), 40000+port), Remote: netip.MustParseAddrPort("10.0.9.4:9092"),
		})
	}
	th := conn.DefaultThresholds()
	for _, f := range conn.Findings(snapshot, &th, conn.Profiles()[0].Params) {
		for _, r := range f.Remedies {
			if f.Kind == kind && r.Name == remedy {
				return r.Text
			}
		}
	}
	s.t.Fatalf("no remedy %q for %v", remedy, kind)
	return ""
}

func kernelDefaults(t *testing.T) conn.Params {
	t.Helper()
	p, err := conn.ParseParams("7200:75:9")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sysctl reads one of net.ipv4 in the namespace.
func (s *settings) sysctl(name string) string {
	s.t.Helper()
	var value []byte
	if err := s.ns.Do(func() (err error) {
		value, err = os.ReadFile(filepath.Join("/proc/sys/net/ipv4", name)) //nolint:gosec // by the test
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(value)), " ")
}
