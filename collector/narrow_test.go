//go:build linux

package collector_test

import (
	"fmt"
	"testing"

	"github.com/katop/katop/conn"
)

// Narrowed by the kernel, a dump has what the filter matches.
func TestNarrowed(t *testing.T) {
	n, listener, dialed := solo(t)
	tests := []struct {
		filter string
		want   int
	}{
		{"lport:8080", 2}, // the listener and the connection in its queue
		{"rport:8080", 1},
		{":8080", 3},
		{":8080 state:LISTEN", 1},
		{fmt.Sprintf("lport:%d|8080 addr:127.0.0.0/8 -state:LISTEN", dialed.Local.Port()), 2},
		{":1", 0},
		{"state:LISTEN -state:LISTEN", 0},
	}
	for _, tt := range tests {
		filter, err := conn.ParseFilter(tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		s := poll(t, n, conn.Want{Filter: filter})
		if len(s.Connections) != tt.want {
			t.Errorf("%q brings %d connections, want %d (listener %v)", tt.filter, len(s.Connections), tt.want, listener.Local)
		}
	}
}
