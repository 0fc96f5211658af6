package conn

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSummarize(t *testing.T) {
	t.Parallel()
	s := &Snapshot{}
	for _, c := range host() {
		s.Connections = append(s.Connections, c)
	}
	off := Keepalive{State: KeepaliveOff, Source: SourceRead, UserTimeout: 30 * sec}
	s.Connections = append(s.Connections,
		Connection{State: StateEstablished, Keepalive: off},                                       // guarded by its user timeout alone
		Connection{State: StateEstablished},                                                       // not known
		Connection{State: StateEstablished, Keepalive: InferKeepalive(StateEstablished, Timer{})}, // a user timeout may be set
		Connection{State: StateCloseWait, Keepalive: off})                                         // not counted as coverage
	th := DefaultThresholds()
	want := Summary{
		Total:    9,
		Coverage: Coverage{On: 1, Off: 3, Unknown: 1, Guarded: 2, Unguarded: 1, Undecided: 2},
	}
	want.ByState[StateEstablished], want.ByState[StateTimeWait], want.ByState[StateListen], want.ByState[StateCloseWait] = 5, 1, 1, 2
	want.ByVerdict[VerdictProbing], want.ByVerdict[VerdictUnguarded], want.ByVerdict[VerdictStalled] = 1, 2, 1
	want.ByVerdict[VerdictCloseWait], want.ByVerdict[VerdictOK] = 1, 4
	want.BySeverity[SeverityOK], want.BySeverity[SeverityNotice] = 4, 2
	want.BySeverity[SeverityWarning], want.BySeverity[SeverityCritical] = 2, 1
	if diff := cmp.Diff(want, Summarize(s, &th)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	th.UnguardedSilence = time.Hour // the unguarded one has been silent for less
	want.BySeverity[SeverityWarning], want.BySeverity[SeverityNotice] = 1, 3
	if diff := cmp.Diff(want, Summarize(s, &th)); diff != "" {
		t.Errorf("other thresholds (-want +got):\n%s", diff)
	}
}

func TestGuardedPercent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		c     Coverage
		want  float64
		known bool
	}{
		{Coverage{}, 0, false},
		{Coverage{Unknown: 5}, 0, false},
		{Coverage{Guarded: 3, Unguarded: 1, Unknown: 100}, 75, true},
		{Coverage{Unguarded: 2}, 0, true},
		{Coverage{Guarded: 2}, 100, true},
	} {
		if got, known := tt.c.GuardedPercent(); got != tt.want || known != tt.known {
			t.Errorf("%+v: %v, %v, want %v, %v", tt.c, got, known, tt.want, tt.known)
		}
	}
}

func TestTimeWaitUse(t *testing.T) {
	t.Parallel()
	ns := func(inode uint64, count, limit int) Namespace {
		return Namespace{
			NetNS:   NetNS{Inode: inode},
			Sysctls: Sysctls{MaxTimeWait: limit, Known: true},
			Sockets: SocketStat{TimeWait: count, Known: true},
		}
	}
	noLimit, noCount := ns(8, 9000, 1), ns(9, 9000, 1)
	noLimit.Sysctls.Known, noCount.Sockets.Known = false, false
	for _, tt := range []struct {
		name       string
		namespaces []Namespace
		want       TimeWaitUse
	}{
		{"none", nil, TimeWaitUse{}},
		{"nothing known", []Namespace{noLimit, noCount}, TimeWaitUse{}},
		{"one, empty", []Namespace{ns(1, 0, 65536)}, TimeWaitUse{NetNS: NetNS{Inode: 1}, Limit: 65536, Known: true}},
		{"the fullest, not the one with the most", []Namespace{ns(1, 5000, 65536), noLimit, ns(2, 900, 1000), ns(3, 10, 1000)},
			TimeWaitUse{NetNS: NetNS{Inode: 2}, Count: 900, Limit: 1000, Known: true}},
	} {
		if diff := cmp.Diff(tt.want, Summarize(&Snapshot{Namespaces: tt.namespaces}, &Thresholds{}).TimeWait); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
