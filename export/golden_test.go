package export

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/internal/golden"
)

// writers are all the ways in which a snapshot is written, by golden file.
func writers() map[string]func(io.Writer, *conn.Snapshot, []int32) error {
	return map[string]func(io.Writer, *conn.Snapshot, []int32) error{
		"connections.json":  WriteJSON,
		"connections.jsonl": WriteJSONL,
		"connections.csv": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WriteCSV(w, s, order, CSVColumns())
		},
		"connections.txt": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WriteTable(w, s, order, TableColumns())
		},
		"all_columns.txt": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WriteTable(w, s, order, allColumns())
		},
		"results.txt": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WriteResults(w, changed(s, order))
		},
		"results.json": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WriteResultsJSON(w, changed(s, order))
		},
		"plan.json": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WritePlanJSON(w, changed(s, order))
		},
		"undone.json": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WriteUndoneJSON(w, changed(s, order))
		},
		"killed.txt": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WriteResults(w, killed(s, order))
		},
		"probes.txt": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WriteProbes(w, probed(s, order))
		},
		"probes.json": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WriteProbesJSON(w, probed(s, order))
		},
		"journal.txt": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WriteJournal(w, journal(s, order))
		},
		"journal.json": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WriteJournalJSON(w, journal(s, order))
		},
		"events.txt": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WriteEvents(w, eventful(s, order), order)
		},
		"events.jsonl": func(w io.Writer, s *conn.Snapshot, order []int32) error {
			return WriteEventsJSONL(w, eventful(s, order), order)
		},
		"advice.txt": func(w io.Writer, _ *conn.Snapshot, _ []int32) error {
			return WriteAdvice(w, findings())
		},
		"advice.json": func(w io.Writer, s *conn.Snapshot, _ []int32) error {
			return WriteAdviceJSON(w, s, findings())
		},
		"timewait.txt": func(w io.Writer, s *conn.Snapshot, _ []int32) error {
			return WriteTimeWaits(w, burning(s))
		},
		"timewait.json": func(w io.Writer, s *conn.Snapshot, _ []int32) error {
			return WriteTimeWaitsJSON(w, burning(s))
		},
		"summary.txt": func(w io.Writer, s *conn.Snapshot, _ []int32) error { return WriteSummary(w, s) },
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, write := range writers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			if err := write(&got, withNamespaces(), inOrder(sample())); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, name, got.String())
		})
	}
}

// TestHarmless holds that nothing written can steer a terminal.
func TestHarmless(t *testing.T) {
	t.Parallel()
	for name, write := range writers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := withNamespaces()
			s.Host, s.Namespaces[1].NetNS.Name = hostile, hostile
			var got bytes.Buffer
			if err := write(&got, s, inOrder(s)); err != nil {
				t.Fatal(err)
			}
			if !utf8.Valid(got.Bytes()) {
				t.Error("it is not UTF-8")
			}
			for i, r := range got.String() {
				if !unicode.IsPrint(r) && r != '\n' && r != '\r' {
					t.Errorf("%U at byte %d", r, i)
				}
			}
		})
	}
}

// brokenWriter fails as a full disk does.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriteErrorIsReported(t *testing.T) {
	t.Parallel()
	for name, write := range writers() {
		for _, n := range []int{1, 5000} {
			s := many(n)
			if err := write(brokenWriter{}, s, inOrder(s)); !errors.Is(err, io.ErrShortWrite) {
				t.Errorf("%s, %d connections: error %v, want %v", name, n, err, io.ErrShortWrite)
			}
		}
	}
}

func TestOrderChoosesAndArranges(t *testing.T) {
	t.Parallel()
	s := many(5)
	columns, err := ParseColumns("cookie")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := WriteTable(&got, s, []int32{4, 0, 2}, columns); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("COOKIE\n     4\n     0\n     2\n", got.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}
