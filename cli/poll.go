package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/katop/katop/conn"
)

// betweenPolls is the moment between two polls of a command that needs two.
const betweenPolls = 300 * time.Millisecond

// pollOnce takes one snapshot and closes the source again.
func pollOnce(ctx context.Context, deps Deps, want conn.Want) (*conn.Snapshot, error) {
	source, err := deps.open()
	if err != nil {
		return nil, err
	}
	defer source.Close()
	return poll(ctx, source, want)
}

// pollFor takes a snapshot of what a filter matches, at least. Where another look
// may show that an other end is gone, it takes that: at everything, since the
// filter may hide the other ends.
func pollFor(ctx context.Context, deps Deps, f *conn.Filter) (*conn.Snapshot, error) {
	source, err := deps.open()
	if err != nil {
		return nil, err
	}
	defer source.Close()
	s, err := poll(ctx, source, conn.Want{AllOptions: true, Filter: f})
	for looks := 0; err == nil && s.MirrorsPending > 0 && looks < 2; looks++ {
		if err := pause(ctx, betweenPolls); err != nil {
			return nil, err
		}
		s, err = poll(ctx, source, conn.Want{AllOptions: true})
	}
	return s, err
}

// pollTwice takes the second of two snapshots of everything: what has lost its
// other end shows only then. A filter would hide the other ends.
func pollTwice(ctx context.Context, deps Deps) (*conn.Snapshot, error) {
	source, err := deps.open()
	if err != nil {
		return nil, err
	}
	defer source.Close()
	if _, err := poll(ctx, source, conn.Want{}); err != nil {
		return nil, err
	}
	if err := pause(ctx, betweenPolls); err != nil {
		return nil, err
	}
	return poll(ctx, source, conn.Want{AllOptions: true})
}

func poll(ctx context.Context, source Source, want conn.Want) (*conn.Snapshot, error) {
	s, err := source.Poll(ctx, want)
	if err != nil {
		return nil, fmt.Errorf("reading the connections: %w", err)
	}
	return s, nil
}

// pause waits for d, or until ctx ends, which is an error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// reportHidden says what the snapshot lacks, so that nobody takes it for the
// whole.
func reportHidden(stderr io.Writer, s *conn.Snapshot) {
	for _, h := range s.Hidden {
		warn(stderr, h.String())
	}
	if s.Interrupted {
		warn(stderr, "connections came and went during the dump: one may be missing or stand there twice; run it again")
	}
}
