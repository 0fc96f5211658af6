package cli

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/export"
)

const logUsage = "append events to `FILE` as JSON Lines"

// eventLog is a file to which events are appended. A nil eventLog takes none.
type eventLog struct{ file *os.File }

// openLog opens a file for appending and makes it, for its user alone, if it is
// not there. Events say who talked to whom. No path is no log.
func openLog(path string) (*eventLog, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600) //nolint:gosec // the user names it
	if err != nil {
		return nil, fmt.Errorf("--log: %w", err)
	}
	return &eventLog{file: f}, nil
}

// append writes the events of a snapshot that order names.
func (l *eventLog) append(s *conn.Snapshot, order []int32) error {
	if l == nil {
		return nil
	}
	if err := export.WriteEventsJSONL(l.file, s, order); err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	return nil
}

// finish writes what has happened since the last poll of source, and what waited
// for the next one.
func (l *eventLog) finish(ctx context.Context, source Source) error {
	if l == nil {
		return nil
	}
	s, err := poll(context.WithoutCancel(ctx), source, conn.Want{Final: true})
	if err != nil {
		return fmt.Errorf("--log: what happened last is not in it: %w", err)
	}
	return l.append(s, allEvents(s))
}

// allEvents is the order in which they came.
func allEvents(s *conn.Snapshot) []int32 {
	order := make([]int32, len(s.Events))
	for i := range order {
		order[i] = int32(i)
	}
	return order
}

func (l *eventLog) close() error {
	if l == nil {
		return nil
	}
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	return nil
}

// loggedSource appends all events of a source to a log as they come.
type loggedSource struct {
	Source
	log *eventLog
}

// logged is the source itself where there is no log.
func logged(source Source, log *eventLog) Source {
	if log == nil {
		return source
	}
	return &loggedSource{Source: source, log: log}
}

// Poll polls the source. That the log cannot be written is told by the snapshot.
func (l *loggedSource) Poll(ctx context.Context, want conn.Want) (*conn.Snapshot, error) {
	s, err := l.Source.Poll(ctx, want)
	if err != nil {
		return nil, err
	}
	err = l.log.append(s, allEvents(s))
	if err == nil {
		return s, nil
	}
	told := *s // others may hold it
	told.Hidden = append(slices.Clone(s.Hidden), conn.Hidden{
		What: conn.HowMany(len(s.Events), "event") + " from the log", Why: err.Error(), Need: "mend it and start katop again",
	})
	return &told, nil
}
