//go:build linux

package collector

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

// subscription is the part of inetdiag.Subscription that a hearing needs.
type subscription interface {
	Listen(ctx context.Context, each func(*inetdiag.Socket) error) error
	Dropped() uint64
	Close() error
}

// maxHeard is how many destroyed sockets may wait for a poll, of all network
// namespaces together, at half a KiB each: more are dropped and counted.
const maxHeard = 1 << 14

// deafPause is what passes after the subscription has failed, before it is
// tried again.
const deafPause = time.Second

// hearing listens in the background to what the kernel tells of destroyed
// sockets, and keeps it until the next poll takes it.
type hearing struct {
	subscription subscription
	netns        conn.NetNS
	end          context.CancelFunc
	ended        chan struct{}
	waiting      *atomic.Int64 // what all hearings have heard

	mu    sync.Mutex // guards what follows
	heard []conn.Destroyed
	taken []conn.Destroyed // by the last take: its memory is used again
	full  uint64           // destroyed sockets dropped because too many waited
	err   error            // of the last Listen, nil while it listens
}

func startHearing(s subscription, ns conn.NetNS, waiting *atomic.Int64) *hearing {
	ctx, cancel := context.WithCancel(context.Background())
	h := &hearing{subscription: s, netns: ns, end: cancel, ended: make(chan struct{}), waiting: waiting}
	go h.listen(ctx)
	return h
}

// close ends the goroutine and waits for it.
func (h *hearing) close() error {
	h.end()
	<-h.ended
	return h.subscription.Close()
}

// listen subscribes anew when the connection to the kernel fails.
func (h *hearing) listen(ctx context.Context) {
	defer close(h.ended)
	for {
		err := h.subscription.Listen(ctx, h.hear)
		if ctx.Err() != nil {
			return
		}
		h.fail(err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(deafPause):
			h.fail(nil)
		}
	}
}

func (h *hearing) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

func (h *hearing) hear(s *inetdiag.Socket) error {
	d := conn.Destroyed{At: time.Now(), Connection: connection(s, h.netns)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting.Add(1) > maxHeard {
		h.waiting.Add(-1)
		h.full++
		return nil
	}
	h.heard = append(h.heard, d)
	return nil
}

// take hands out what was heard since the last time, with times of the clock
// that shows now, how much was dropped since the beginning, and why nothing is
// heard if that is so. What was heard stays until the next take.
func (h *hearing) take(now time.Time) (heard []conn.Destroyed, dropped uint64, err error) {
	kernel := h.subscription.Dropped()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting.Add(-int64(len(h.heard)))
	h.heard, h.taken = h.taken[:0], h.heard
	heard = h.taken
	for i := range heard {
		heard[i].At = now.Add(-time.Since(heard[i].At))
	}
	return heard, h.full + kernel, h.err
}
