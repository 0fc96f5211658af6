package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

func sorted(words string) string {
	all := strings.Fields(words)
	slices.Sort(all)
	return strings.Join(all, " ")
}

// TestUndoChooses holds which command is taken back, and that it is named to the
// controller: another may come between the question and the answer.
func TestUndoChooses(t *testing.T) {
	t.Parallel()
	done := []conn.Result{{Connection: host().Connections[0], Outcome: conn.OutcomeDone}}
	journal := []conn.Action{
		{ID: "a", Kind: conn.ActionKeepalive, Results: done},
		{ID: "b", Kind: conn.ActionKeepalive, Results: done},
		{ID: "c", Kind: conn.ActionKeepalive, Results: done, Undone: true},
		{ID: "d", Kind: conn.ActionKeepalive, Results: []conn.Result{{Outcome: conn.OutcomeRefused}}},
		{ID: "e", Kind: conn.ActionKill, Results: done},
	}
	tests := []struct {
		args    string
		journal []conn.Action
		acts    []string
		stderr  string
	}{
		{"undo --yes", journal, []string{"undo b"}, ""},
		{"undo --yes --id a", journal, []string{"undo a"}, ""},
		{"undo --yes --id c", journal, []string{"undo c"}, ""},
		{"undo --yes --id d", journal, nil, "katop: command d changed nothing that could be taken back: it is of kind keepalive\n"},
		{"undo --yes --id e", journal, nil, "katop: command e changed nothing that could be taken back: it is of kind kill\n"},
		{"undo --yes --id f", journal, nil, "katop: no command \"f\" is in the journal: katop journal lists them\n"},
		{"undo --yes", journal[2:], nil, "katop: nothing to undo: the journal has no change of keepalive that was not taken back already\n"},
		{"undo --yes", nil, nil, "katop: nothing to undo: the journal has no change of keepalive that was not taken back already\n"},
	}
	for _, tt := range tests {
		control := &fakeController{journal: tt.journal}
		r := invocation{args: tt.args}.run(t, control)
		if diff := cmp.Diff(tt.acts, control.acted()); diff != "" {
			t.Errorf("%s: acts (-want +got):\n%s", tt.args, diff)
		}
		if r.stderr != tt.stderr || (r.code == 0) != (tt.stderr == "") {
			t.Errorf("%s: exit code %d, stderr %q", tt.args, r.code, r.stderr)
		}
	}
}

func TestJournal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ args, begins string }{
		{"journal", "ID  AT "},
		{"journal -o json", `{"schema":1,"journal":[` + "\n" + `{"id":"A",`},
	} {
		control := &fakeController{journal: undoableJournal()}
		r := invocation{args: tt.args}.run(t, control)
		if r.code != 0 || r.stderr != "" || !strings.HasPrefix(r.stdout, tt.begins) || len(control.calls) != 1 {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q, calls %q", tt.args, r.code, r.stdout, r.stderr, control.calls)
		}
	}
}

// TestHeal holds that every command that acts, and the monitor, first puts back
// what a killed check left, and says so; and that what only looks does not.
func TestHeal(t *testing.T) {
	t.Parallel()
	healed := []conn.Result{
		{Outcome: conn.OutcomeDone}, {Outcome: conn.OutcomeDone}, {Outcome: conn.OutcomeGone}, {Outcome: conn.OutcomeUnchanged},
		{Outcome: conn.OutcomeRefused, Reason: "run as root"},
	}
	const line = "put back the options of 2 connections, which a killed liveness check had left changed; the options of 1 connection are still as a killed liveness check left them: run as root"
	for _, args := range []string{"keepalive off --all --yes", "kill --all --yes", "probe --all", "undo --yes", "journal"} {
		control := &fakeController{healed: healed, journal: undoableJournal()}
		r := invocation{args: args}.run(t, control)
		if r.stderr != "katop: "+line+"\n" || len(control.calls) == 0 || control.calls[0] != "heal" {
			t.Errorf("%s: stderr %q, calls %q", args, r.stderr, control.calls)
		}
	}
	control := &fakeController{healed: healed}
	r := invocation{shown: true}.run(t, control)
	if len(r.monitor) != 1 || r.monitor[0].Greeting != line || r.monitor[0].Controller != control || r.stderr != "" {
		t.Errorf("the monitor was started with %+v, stderr %q", r.monitor, r.stderr)
	}
	control = &fakeController{healed: healed}
	r = invocation{args: "--read-only", shown: true}.run(t, control)
	if len(r.monitor) != 1 || r.monitor[0].Greeting != "" || r.monitor[0].Controller != nil || len(control.calls) > 0 {
		t.Errorf("--read-only started %+v, calls %q", r.monitor, control.calls)
	}
	for _, args := range []string{"list", "summary", "version", "", "kill --all --dry-run", "kill --all"} {
		control = &fakeController{healed: healed}
		invocation{args: args}.run(t, control)
		if len(control.calls) > 0 {
			t.Errorf("%q: calls %q", args, control.calls)
		}
	}
}
