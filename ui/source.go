package ui

import (
	"context"

	"github.com/katop/katop/conn"
)

// Source is where the screen's data comes from. Poll is never called twice at
// once; Process and Detail may be called beside it. A snapshot is never changed
// after it was handed out, unless it was handed back: see Options.Recycle.
type Source interface {
	Poll(ctx context.Context, want conn.Want) (*conn.Snapshot, error)
	Process(ctx context.Context, pid int32) (conn.Process, error)
	Detail(ctx context.Context, id conn.ID) (conn.Detail, error)
}
