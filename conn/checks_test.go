package conn

import (
	"testing"
	"time"
)

func TestChecks(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(after, silent time.Duration, narrowed bool) *Snapshot {
		c := established(Params{}, 0, silent, Timer{})
		c.Cookie = 1
		return &Snapshot{At: begin.Add(after), Connections: []Connection{c}, Narrowed: narrowed}
	}
	silent := ProbeResult{Connection: Connection{Cookie: 1}, Outcome: OutcomeSilent, Unanswered: 3}
	alive := ProbeResult{Connection: Connection{Cookie: 1}, Outcome: OutcomeAlive}
	other := silent
	other.Connection.Cookie = 2
	for _, tt := range []struct {
		name    string
		results []ProbeResult
		polls   []*Snapshot
		want    []uint8
	}{
		{"silent, and still silent", []ProbeResult{silent}, []*Snapshot{at(sec, 64*sec, false), at(60*sec, 123*sec, false)}, []uint8{3, 3}},
		{"heard since, and then silent again", []ProbeResult{silent}, []*Snapshot{at(sec, 64*sec, false), at(10*sec, 2*sec, false), at(90*sec, 82*sec, false)}, []uint8{3, 0, 0}},
		{"a later check found it alive", []ProbeResult{silent, alive}, []*Snapshot{at(sec, 64*sec, false)}, []uint8{0}},
		{"another connection", []ProbeResult{other}, []*Snapshot{at(sec, 64*sec, false)}, []uint8{0}},
		{"missing in a narrowed snapshot", []ProbeResult{silent}, []*Snapshot{{At: begin, Narrowed: true}, at(sec, 64*sec, false)}, []uint8{0, 3}},
		{"gone", []ProbeResult{silent}, []*Snapshot{{At: begin}, at(sec, 64*sec, false)}, []uint8{0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var k Checks
			k.Note(begin, tt.results)
			for i, s := range tt.polls {
				k.Apply(s)
				got := uint8(0)
				if len(s.Connections) > 0 {
					got = s.Connections[0].ProbeSilent
				}
				if got != tt.want[i] {
					t.Errorf("poll %d: %d, want %d", i, got, tt.want[i])
				}
			}
		})
	}
}
