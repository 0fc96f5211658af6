package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func timed(name string, walls ...time.Duration) timing {
	t := timing{contestant: contestant{name: name}}
	for _, wall := range walls {
		t.samples = append(t.samples, sample{wall: wall})
	}
	return t
}

func TestGoals(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	r := report{
		plan:     plan{sockets: 100},
		contests: heat{100, []timing{timed(nameFloor, 50*ms, 10*ms, 10*ms), timed(nameWarm, 90*ms, 16*ms, 15*ms), timed(nameSS, 120*ms), timed(nameList, 10*ms), timed(nameNoBPF, 25*ms)}},
		burdens:  []burden{{sockets: 5, percent: 1.4, peak: 44e6}, {sockets: 50, percent: 10, peak: 10e6}},
		answers:  answers{by: map[string][]time.Duration{"a": {ms, 2 * ms}, "b": {17 * ms}}},
		frames:   heat{10, []timing{timed(nameFrame, 149*ms)}},
		bulks:    heat{100, []timing{timed(nameBulk, 2*time.Second)}},
		scales: []heat{
			{10, []timing{timed(nameWarm, 10*ms), timed(nameList, 10*ms)}},
			{30, []timing{timed(nameWarm, 37*ms), timed(nameList, 38*ms)}},
		},
	}
	var got []string
	for _, g := range r.goals() {
		met := "no"
		if g.met {
			met = "yes"
		}
		got = append(got, g.what+": "+g.measured+" "+met)
	}
	want := []string{
		"katop list against ss: 0.08 (1/12.0) yes",
		"katop list --no-bpf against ss: 0.21 (1/4.8) no",
		"warm refresh against bare dump: 1.60 (1/0.6) yes",
		"monitor, 5 sockets: 1.4 %, 44 MB yes",
		"monitor, 50 sockets: 10.0 %, 10 MB no",
		"key to frame, p99, 0 sockets: 17.0 ms no",
		"first frame, 10 sockets: 149 ms yes",
		"bulk keepalive, 100 sockets: 2000 ms no",
		"warm refresh, a socket, 10 to 30: 1000.00 to 1233.33 µs yes",
		"katop list, a socket, 10 to 30: 1000.00 to 1266.67 µs no",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("goals (-want +got):\n%s", diff)
	}
}

// TestNothingMeasured: no goal is met or missed by what was left out.
func TestNothingMeasured(t *testing.T) {
	t.Parallel()
	if goals := new(report).goals(); len(goals) > 0 {
		t.Errorf("goals %v", goals)
	}
}

func TestWriteIntoNeedsMarkers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", beginMarker, endMarker, endMarker + beginMarker} {
		document := filepath.Join(t.TempDir(), "document.md")
		if err := os.WriteFile(document, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := new(report).writeInto(document); !errors.Is(err, errNoMarkers) {
			t.Errorf("%q: error %v", text, err)
		}
		if left, err := os.ReadFile(document); err != nil || string(left) != text {
			t.Errorf("%q became %q, %v", text, left, err)
		}
	}
}
