package export

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// withNamespaces adds a namespace of which everything is known, and one of
// which nothing is.
func withNamespaces() *conn.Snapshot {
	s := sample()
	s.Namespaces = []conn.Namespace{
		{
			NetNS: hostNS,
			Sysctls: conn.Sysctls{
				Known: true, Keepalive: conn.Params{Idle: 7200 * time.Second, Interval: 75 * time.Second, Count: 9},
				Retries2: 15, FinTimeout: 60 * time.Second, MaxTimeWait: 65536, PortRange: [2]uint16{32768, 60999},
				MaxSynQueue: 512, MaxListen: 4096, TimeWaitReuse: 2,
			},
			Sockets:  conn.SocketStat{Known: true, InUse: 8, InUse6: 3, Orphan: 1, TimeWait: 655, Alloc: 12, MemoryPages: 34},
			Counters: conn.Counters{Known: true, KeepaliveProbes: 1234567, AbortOnTimeout: 8, RetransSegs: 77, ListenOverflows: 1, ListenDrops: 2, ActiveOpens: 3, PassiveOpens: 4, EstabResets: 5, TimeWaits: 6, TimeWaitOverflows: 7},
		},
		{NetNS: conn.NetNS{Inode: 4026532301}},
	}
	return s
}

const wantSummaryJSON = `{
 "schema":1,"at":"2024-11-20T10:30:00.123456789Z","host":"web-01","kernel":"6.18.0","connections":9,
 "states":{"ESTABLISHED":6,"SYN-SENT":1,"SYN-RECV":0,"FIN-WAIT-1":0,"FIN-WAIT-2":0,"TIME-WAIT":1,"CLOSE":0,"CLOSE-WAIT":0,"LAST-ACK":0,"LISTEN":1,"CLOSING":0},
 "verdicts":{"ok":6,"half-open":0,"probing":1,"stalled":1,"zero-window":0,"close-wait":0,"unguarded":1,"slow-guard":0,"embryonic":0},
 "severities":{"ok":6,"notice":0,"warning":2,"critical":1},
 "keepalive":{"on":5,"off":1,"unknown":0,"guarded":5,"unguarded":1,"guarded_percent":83.3},
 "time_wait":{"netns":{"inode":4026531840,"name":"host"},"count":655,"limit":65536},
 "namespaces":[
  {"netns":{"inode":4026531840,"name":"host"},
   "sysctls":{"tcp_keepalive_time":7200,"tcp_keepalive_intvl":75,"tcp_keepalive_probes":9,"tcp_retries2":15,"tcp_fin_timeout":60,
              "tcp_max_tw_buckets":65536,"tcp_tw_reuse":2,"ip_local_port_range":[32768,60999],"tcp_max_syn_backlog":512,"somaxconn":4096},
   "sockets":{"inuse":8,"inuse6":3,"orphan":1,"time_wait":655,"alloc":12,"memory_pages":34},
   "counters":{"keepalive_probes":1234567,"abort_on_timeout":8,"retrans_segs":77,"listen_overflows":1,"listen_drops":2,
               "active_opens":3,"passive_opens":4,"estab_resets":5,"time_waits":6,"time_wait_overflows":7}},
  {"netns":{"inode":4026532301,"name":null},"sysctls":null,"sockets":null,"counters":null}]}`

func TestWriteSummaryJSON(t *testing.T) {
	t.Parallel()
	var got, one, want bytes.Buffer
	if err := WriteSummaryJSON(&got, withNamespaces()); err != nil {
		t.Fatal(err)
	}
	for dst, src := range map[*bytes.Buffer][]byte{&one: got.Bytes(), &want: []byte(wantSummaryJSON)} {
		if err := json.Compact(dst, src); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want.String(), strings.TrimSpace(one.String())); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

// TestSummaryOfAnUnknownNamespace holds that without procfs the namespace is not
// known, rather than number 0.
func TestSummaryOfAnUnknownNamespace(t *testing.T) {
	t.Parallel()
	s := &conn.Snapshot{Namespaces: []conn.Namespace{{}}}
	var text, object bytes.Buffer
	if err := WriteSummary(&text, s); err != nil {
		t.Fatal(err)
	}
	if err := WriteSummaryJSON(&object, s); err != nil {
		t.Fatal(err)
	}
	if want := "\nNetwork namespace not known\n"; !strings.Contains(text.String(), want) {
		t.Errorf("%q is not in\n%s", want, &text)
	}
	if want := `"namespaces":[{"netns":{"inode":null,"name":null},`; !strings.Contains(object.String(), want) {
		t.Errorf("%s is not in\n%s", want, &object)
	}
}

func TestSummaryOfNothing(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := WriteSummaryJSON(&got, &conn.Snapshot{}); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Host      *string
		TimeWait  *int `json:"time_wait"`
		Keepalive struct {
			Percent *float64 `json:"guarded_percent"`
		}
	}
	if err := json.Unmarshal(got.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	if read.Host != nil || read.TimeWait != nil || read.Keepalive.Percent != nil {
		t.Errorf("what is not known is not null: %s", got.String())
	}
}
