package keepalive

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// unsettled are the connections that a text leaves to be healed, by the commands.
func unsettled(text []byte) map[string][]int {
	left := make(map[string][]int)
	for _, cmd := range replay(text) {
		for i := range cmd.records {
			if cmd.records[i].after == nil {
				left[cmd.id] = append(left[cmd.id], cmd.records[i].before.N)
			}
		}
	}
	return left
}

// What is left out of the checks is over, whatever the order and the state of the
// lines, and nothing else is.
func TestCheckLines(t *testing.T) {
	t.Parallel()
	l := testLog(t, conn.ActionProbe)
	other := next(l, conn.ActionProbe, 1)
	random := rand.New(rand.NewPCG(1, 2))
	left := 0
	for round := range 300 {
		var text []byte
		for range 1 + random.IntN(60) {
			of := []*log{l, other}[random.IntN(2)]
			n := random.IntN(6)
			e := someEntry(of, n, `"outcome":`)
			switch random.IntN(5) {
			case 0, 1:
				e = of.end(n, conn.Result{Outcome: conn.OutcomeAlive, Reason: `"through":`})
			case 2:
				e = of.end(n, conn.Result{Outcome: conn.OutcomeDone, After: conn.Keepalive{State: conn.KeepaliveOff}})
				e.Through = n + random.IntN(3)
			}
			line, err := e.encode(nil)
			if err != nil {
				t.Fatal(err)
			}
			if e.Outcome != "" && random.IntN(8) == 0 {
				line = append(line[:random.IntN(len(line)-1)], '\n') // torn
			}
			text = append(text, line...)
		}
		found := checkLines{at: make(map[string]int)}
		if err := found.read(bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		want, got := unsettled(text), unsettled(bytes.Join(found.lines, nil))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round %d (-all lines +those kept)\n%s\n%s", round, diff, text)
		}
		left += len(want)
	}
	if left < 100 {
		t.Errorf("%d commands were left with something to heal: the test shows nothing", left)
	}
}

// Of a check that is over no line is kept.
func TestCheckLinesForgetWhatIsOver(t *testing.T) {
	t.Parallel()
	l := testLog(t, conn.ActionProbe)
	write(t, l, 0, false)
	write(t, l, 1, true)
	write(t, l, 2, false)
	text, err := l.journal.checks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string][]int{l.id: {1}}; bytes.Count(text, []byte("\n")) != 1 || !cmp.Equal(want, unsettled(text)) {
		t.Errorf("kept %q, want the line before of connection 1", text)
	}
}
