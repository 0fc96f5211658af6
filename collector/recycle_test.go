//go:build linux

package collector

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// The memory of a snapshot that was handed back is filled again, and shows what
// new memory would; that of the last snapshot never is.
func TestRecycle(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.process(4242, "web", map[int]uint32{3: 1, 4: 2})
	c := h.collector()
	h.shows(established(1, 0), established(2, 0))
	first := h.poll(c, conn.Want{})
	second := h.poll(c, conn.Want{})
	kept := append([]conn.Connection(nil), second.Connections...)
	for i := range first.Connections {
		first.Connections[i] = conn.Connection{Unit: "of before", MirrorGone: true, QueueFull: true, ProbeSilent: 9}
	}
	c.Recycle(first)
	third := h.poll(c, conn.Want{})
	if !sameMemory(first.Connections, third.Connections) {
		t.Error("the memory that was handed back is not filled again")
	}
	c.Recycle(third)
	fourth := h.poll(c, conn.Want{})
	if sameMemory(third.Connections, fourth.Connections) {
		t.Error("the memory of the last snapshot was filled again")
	}
	// What does not stay from poll to poll is left out.
	same := cmp.Comparer(func(x, y conn.Connection) bool {
		return x.ID() == y.ID() && x.Local == y.Local && x.Unit == y.Unit && x.MirrorGone == y.MirrorGone &&
			x.QueueFull == y.QueueFull && x.ProbeSilent == y.ProbeSilent && cmp.Equal(x.Owners, y.Owners)
	})
	if diff := cmp.Diff(kept, third.Connections, same); diff != "" {
		t.Errorf("filled again (-want +got):\n%s", diff)
	}
	if _, at, ok := c.lastSeen(fourth.Connections[0].ID()); !ok || !at.Equal(fourth.At) {
		t.Errorf("the last snapshot: seen %v at %v", ok, at)
	}
}
