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

// eventful is s with an event of every kind that is written differently, and
// with reports lost.
func eventful(s *conn.Snapshot, order []int32) *conn.Snapshot {
	endings := []conn.Ending{
		{},
		{Cause: conn.CauseKeepaliveTimeout, Source: conn.SourceRead, Evidence: "3 of 3 probes unanswered"},
		{Cause: conn.CauseRetransmitTimeout, Source: conn.SourceInferred, Evidence: "15 retransmissions unanswered"},
		{Cause: conn.CauseUnknown, Source: conn.SourceInferred, Evidence: "closed or reset between two polls"},
		{Cause: conn.CauseClosed, Source: conn.SourceRead, Evidence: hostile},
	}
	kinds := []conn.EventKind{conn.EventOpened, conn.EventDied, conn.EventDied, conn.EventClosed, conn.EventClosed}
	told := *s
	told.Events, told.EventsDropped = nil, 3
	for n, i := range order {
		told.Events = append(told.Events, conn.Event{
			At:   s.At.Add(time.Duration(n) * 100 * time.Millisecond),
			Kind: kinds[n%len(kinds)], Ending: endings[n%len(endings)],
			Connection: s.Connections[i],
		})
	}
	return &told
}

// TestEventsStandUnderTheirHeadings holds that lines written at different times
// make one table.
func TestEventsStandUnderTheirHeadings(t *testing.T) {
	t.Parallel()
	s := eventful(sample(), []int32{0, 1})
	var got bytes.Buffer
	if err := WriteEventHeadings(&got); err != nil {
		t.Fatal(err)
	}
	for _, order := range [][]int32{{1}, {}, {0}} {
		if err := WriteEvents(&got, s, order); err != nil {
			t.Fatal(err)
		}
	}
	const want = `AT                             EVENT   CAUSE                PROCESS             LOCAL                  REMOTE                 EVIDENCE
2024-11-20T10:30:00.223Z       died    keepalive-timeout    postgres/8121 +2    10.0.0.5:5432          10.0.3.17:51544        3 of 3 probes unanswered
2024-11-20T10:30:00.123Z       opened  -                    python3/4242        10.9.0.1:37604         10.9.0.2:7000          -
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

// TestEventLinesAreWholeObjects holds that every line can be read alone, that
// what an opening has no cause of is null, and that lost reports are a line.
func TestEventLinesAreWholeObjects(t *testing.T) {
	t.Parallel()
	type line struct {
		Schema        int
		Event         string
		Cause, Source *string
		Count         uint64
		Connection    *struct{ Cookie uint64 }
	}
	s := eventful(sample(), []int32{0, 1, 2})
	var out bytes.Buffer
	if err := WriteEventsJSONL(&out, s, []int32{0, 2}); err != nil {
		t.Fatal(err)
	}
	var got []line
	for text := range strings.Lines(out.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		got = append(got, l)
	}
	cause, source := "retransmit-timeout", "inferred"
	cookie := &struct{ Cookie uint64 }{113656}
	want := []line{
		{Schema: 1, Event: "opened", Connection: cookie},
		{Schema: 1, Event: "died", Cause: &cause, Source: &source, Connection: cookie},
		{Schema: 1, Event: "dropped", Count: 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// TestNoEventsNoBytes holds that a poll in which nothing happened writes nothing.
func TestNoEventsNoBytes(t *testing.T) {
	t.Parallel()
	if err := WriteEventsJSONL(brokenWriter{}, sample(), nil); err != nil {
		t.Errorf("JSON Lines: it wrote: %v", err)
	}
	if err := WriteEvents(brokenWriter{}, sample(), nil); err != nil {
		t.Errorf("table: it wrote: %v", err)
	}
}
