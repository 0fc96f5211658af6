package conn

import "testing"

// TestMirrorUnproven holds that a connection whose other end is missing, and
// of which translation may be the reason, is neither called gone nor passed over.
func TestMirrorUnproven(t *testing.T) {
	t.Parallel()
	const here, there = "127.0.0.1:40000", "127.0.0.1:7001"
	client, server := end(hostNS, 1, StateEstablished, here, there), end(hostNS, 2, StateEstablished, there, here)
	young := client
	young.TCP = TCP{Known: TCPBase | TCPBytes, BytesAcked: 1, LastAckRecv: sec}
	lan := end(hostNS, 1, StateEstablished, "10.0.0.1:40000", "10.0.0.2:80")
	const one = "half-open state of 1 connection hidden: " +
		"NAT may be in play in their network namespace (connection tracking, IPVS); run katop while both ends are there"
	tracked, plain := Locality{Plain: func(uint64) bool { return false }}, Locality{Plain: func(uint64) bool { return true }}
	for _, tt := range []struct {
		name  string
		where Locality
		polls []*Snapshot
		want  string // hidden in the last
	}{
		{"never seen", tracked, []*Snapshot{whole(client), whole(client)}, one},
		{"missing once alone", tracked, []*Snapshot{whole(client)}, ""},
		{"both ends there", tracked, []*Snapshot{whole(client, server), whole(client, server)}, ""},
		{"found late", tracked, []*Snapshot{whole(client), whole(client), whole(client, server)}, ""},
		{"seen, then gone: that is certain", tracked, []*Snapshot{whole(client, server), whole(client), whole(client)}, ""},
		{"no translation: that is certain", plain, []*Snapshot{whole(client), whole(client)}, ""},
		{"the peer may have no end yet", tracked, []*Snapshot{whole(young), whole(young)}, ""},
		{"a peer that may be elsewhere", tracked, []*Snapshot{whole(lan), whole(lan)}, ""},
	} {
		var m MirrorChecker
		for i, s := range tt.polls {
			m.Check(s, tt.where)
			if i < len(tt.polls)-1 {
				continue
			}
			got := ""
			for _, h := range s.Hidden {
				got += h.String()
			}
			if unproven := s.Connections[0].MirrorUnproven; got != tt.want || unproven != (tt.want != "") {
				t.Errorf("%s: hidden %q, want %q; marked %v", tt.name, got, tt.want, unproven)
			}
		}
	}
}
