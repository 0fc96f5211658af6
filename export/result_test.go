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

// changed has a result of every outcome that a change can have, one after the
// other.
func changed(s *conn.Snapshot, order []int32) []conn.Result {
	outcomes := []struct {
		outcome conn.Outcome
		reason  string
	}{
		{conn.OutcomeDone, ""},
		{conn.OutcomeUnchanged, ""},
		{conn.OutcomeDiffers, "it reads keepalive on, 5m:30s:9"},
		{conn.OutcomeUnknown, ""},
		{conn.OutcomeRefused, "not permitted: " + hostile},
		{conn.OutcomeGone, "closed"},
		{conn.OutcomeNotReached, ""},
	}
	general := conn.Params{Idle: 300 * time.Second, Interval: 30 * time.Second, Count: 3}
	results := make([]conn.Result, len(order))
	for n, i := range order {
		o := outcomes[n%len(outcomes)]
		results[n] = conn.Result{Connection: s.Connections[i], Outcome: o.outcome, Reason: o.reason}
		if n%len(outcomes) > 3 {
			continue
		}
		results[n].Before = conn.Keepalive{State: conn.KeepaliveOff, Source: conn.SourceRead, Params: general}
		results[n].After = conn.Keepalive{State: conn.KeepaliveOn, Source: conn.SourceRead, Params: general, UserTimeout: 1500 * time.Millisecond}
	}
	return results
}

// killed have no settings that were read, and no reasons.
func killed(s *conn.Snapshot, order []int32) []conn.Result {
	results := make([]conn.Result, len(order))
	for n, i := range order {
		results[n] = conn.Result{Connection: s.Connections[i], Outcome: conn.OutcomeDone}
	}
	return results
}

func probed(s *conn.Snapshot, order []int32) []conn.ProbeResult {
	kinds := []conn.ProbeResult{
		{Outcome: conn.OutcomeAlive, Answered: 2200 * time.Microsecond},
		{Outcome: conn.OutcomeSilent, Unanswered: 3, Reason: "3 probes unanswered in 3.5 s"},
		{Outcome: conn.OutcomeOutstanding, Retransmits: 4, Reason: "data waits for an ACK"},
		{Outcome: conn.OutcomeNotChecked, Reason: hostile},
		{Outcome: conn.OutcomeGone, Reset: true, Reason: "the peer answered with RST"},
		{Outcome: conn.OutcomeNotReached},
	}
	results := make([]conn.ProbeResult, len(order))
	for n, i := range order {
		results[n] = kinds[n%len(kinds)]
		results[n].Connection = s.Connections[i]
	}
	return results
}

// journal has a command of every kind; the connections are known as a journal
// knows them.
func journal(s *conn.Snapshot, order []int32) []conn.Action {
	results := changed(s, order)
	for i := range results {
		c := &results[i].Connection
		*c = conn.Connection{NetNS: c.NetNS, Family: c.Family, State: c.State, Cookie: c.Cookie, Inode: c.Inode, Local: c.Local, Remote: c.Remote, Owners: c.Owners}
	}
	by := conn.Author{UID: 0, User: "root", PID: 77}
	sudo := conn.Author{UID: 0, User: "root", PID: 78, SudoUID: 1000, SudoUser: hostile}
	at := time.Date(2024, 11, 20, 10, 30, 0, 123456000, time.UTC)
	const id = "20241120T103000.123456-77"
	return []conn.Action{
		{ID: id, At: at, Kind: conn.ActionKeepalive, By: by, Results: results, Undone: true},
		{ID: "b", At: at.Add(time.Second), Kind: conn.ActionProbe, By: sudo, Results: []conn.Result{{Connection: results[0].Connection, Outcome: conn.OutcomeSilent}}},
		{ID: "c", At: at.Add(2 * time.Second), Kind: conn.ActionUndo, By: by, Undoes: id, Results: results[:1]},
		{ID: "d", At: at.Add(3 * time.Second), Kind: conn.ActionKeepalive, By: conn.Author{UID: 1000, PID: 79}, Results: results[:1]},
		{ID: "e", At: at.Add(4 * time.Second), Kind: conn.ActionKill, By: by, Results: results[len(results)-1:]},
	}
}

// TestResultFields holds the fields of the documentation, what is null in them,
// and that the connection is written as in a list.
func TestResultFields(t *testing.T) {
	t.Parallel()
	s := &conn.Snapshot{Connections: []conn.Connection{designExample()}}
	var list, got bytes.Buffer
	if err := WriteJSONL(&list, s, []int32{0}); err != nil {
		t.Fatal(err)
	}
	connection := strings.TrimSpace(list.String())
	if err := WriteResultsJSON(&got, changed(s, []int32{0, 0, 0, 0, 0})[3:]); err != nil {
		t.Fatal(err)
	}
	want := `{"schema":1,"results":[` + "\n" +
		`{"connection":` + connection + `,"before":{"state":"off","source":"read","idle_s":300,"interval_s":30,"count":3,"user_timeout_ms":null},` +
		`"after":{"state":"on","source":"read","idle_s":300,"interval_s":30,"count":3,"user_timeout_ms":1500},"outcome":null,"reason":null},` + "\n" +
		`{"connection":` + connection + `,"before":null,"after":null,"outcome":"refused","reason":"not permitted: =x\u001b]0;t\u0007\u009b\u202e\"\\\n\ufffd<é漢"}]}` + "\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

// TestIdentityHasTheNamesOfTheList holds that a connection of the journal says
// the same as that of a list, and nothing that the journal does not know.
func TestIdentityHasTheNamesOfTheList(t *testing.T) {
	t.Parallel()
	s := &conn.Snapshot{Connections: []conn.Connection{designExample()}}
	var list, got bytes.Buffer
	if err := WriteJSONL(&list, s, []int32{0}); err != nil {
		t.Fatal(err)
	}
	if err := WriteUndoneJSON(&got, killed(s, []int32{0})); err != nil {
		t.Fatal(err)
	}
	var full map[string]any
	var undone struct {
		Results []struct{ Connection map[string]any }
	}
	for text, into := range map[*bytes.Buffer]any{&list: &full, &got: &undone} {
		if err := json.Unmarshal(text.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"uid", "user", "unit", "timer", "keepalive", "tcp", "recv_queue", "send_queue", "verdict", "severity", "evidence"} {
		delete(full, name)
	}
	if diff := cmp.Diff(full, undone.Results[0].Connection); diff != "" {
		t.Errorf("connection (-want +got):\n%s", diff)
	}
}

func TestResultsOfNothing(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := WriteResultsJSON(&got, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"schema":1,"results":[]}`+"\n", got.String()); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}
